/**
 * The builds of uWebSockets.js 20.57.0 that may be redirected: SHA-256 of the file as its package
 * has it, and of the copy that is loaded. Any other file is loaded as it is or not at all.
 */
export const PINNED: ReadonlyMap<string, string> = new Map([
  [
    '5b126ee00bf754b02e97e4c27090365a8562c5820c93f93918ac2212d4503e91', // Linux x64, Node 20
    '0fdb9722352c4e0f519b42ad8b0c2bd4544b2c27484c1d49ddf143bfd1637cbb',
  ],
  [
    '4b55b1f2cb7a7913febbb65a89496412b96af77e838552980092ba6b33723aac', // Node 22
    '4ea0943df7d3202b3ada5eb01c40c37c63bb192fd9c7b1abae5082c5cc1f2803',
  ],
  [
    '98128405dba2fb608448e921a979530f70c946a2cc9889c15f2fa70c2d00ab05', // Node 24
    '8d5817f3a52803cb69a0e3d54f6487b533fda603aa63dab8ea09f9762d992e0b',
  ],
  [
    '813d788b347c6fd76b779d8932311ec05a044e612b4b83af220f16e6ea789683', // Node 25
    '395fee5c7a644ad0964cc26651b5dd12833c147123c69dbe938fe17eb13a2760',
  ],
  [
    '6bdbc8ff976b4371af1906175e9025804bacc38a414969f4f02314e6b99f206c', // Linux arm64, Node 20
    '68016401b908e59200b227ade8fe6b36bc9f8e30892e54cefd590a960612d7a6',
  ],
  [
    '82b79bd18d1e3563de336156005bd01b7f39fc387b65173d69a29da4ee79f895', // Node 22
    'b28ee349e8a15aa5fd30988fc3935eb1b8898e44f27f2ae903ad9e959567c1e6',
  ],
  [
    '88618b30ddf6b2b62310db89f40a701616676352aac5e0f6184dd8ef876199ce', // Node 24
    '84c03ca18de632e52cce378f073f8b008c0817c957d2e475284ce08f75c88a77',
  ],
  [
    '81d0186dd1549ed6a7f47e68e323573fc27d69d2920527654ce2dd993af2b0ec', // Node 25
    'de517c5f4cd31f4431fc07e2eb212924b0cd02e770679a36ed063b6b47c1c017',
  ],
])
