import tseslint from 'typescript-eslint'

/** Few rules, all errors: what a machine can see and a reader should not have to. */
const rules = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-unnecessary-condition': 'error',
  '@typescript-eslint/prefer-readonly': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
}

const plugins = { '@typescript-eslint': tseslint.plugin }
const parser = tseslint.parser

export default [
  {
    ignores: [
      'node_modules/',
      '.node/',
      '.tap/',
      'dist/',
      'console/page/built/',
      'proto/gen/',
      '**/*.mjs',
      '*.js',
    ],
  },
  {
    files: ['**/*.ts'],
    ignores: ['console/page/**'],
    plugins,
    languageOptions: { parser, parserOptions: { project: './tsconfig.json' } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules,
  },
  {
    // tap's tests are async functions whose promises the runner waits for.
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
    },
  },
  {
    files: ['console/page/**/*.ts', 'console/page/**/*.tsx'],
    plugins,
    languageOptions: { parser, parserOptions: { project: './console/page/tsconfig.json' } },
    rules,
  },
]
