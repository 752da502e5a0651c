/** How many times as many cases as usual a fuzz test tries: `FUZZ=60` is a million over all of them. */
export const FUZZ = Number(process.env['FUZZ'] ?? 1)

/** Another one tries other cases. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_124)
