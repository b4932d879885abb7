/**
 * One public known answer for each algorithm, which the self-test checks with the product's own verifier. Keys are bare public keys;
 * the private halves are unknown or published, and sign nothing of ours.
 */
import type { Algorithm } from './algorithms.ts';

export interface KnownAnswer {
  readonly algorithm: Algorithm;
  readonly source: string;
  /** Base64 of the SubjectPublicKeyInfo, or for SM2 the hex point. */
  readonly publicKey: string;
  readonly message: string;
  /** Hex. */
  readonly signature: string;
}

export const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  {
    algorithm: 'RSA2',
    source: 'Wycheproof rsa_signature_2048_sha256, test 3',
    publicKey:
      'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAorRRoH0KpfluRVZxUTVQUUqKW0YuvvcXCU+h/ugiJOY3+XRtP3yv0xh42AMltu9aFwD2' +
      'WQO0aUKeidbqyIRQl7WrOTGJ25JRLtincRoSU/rNIPecFegkfz0+QuRuSMmOJUov6XZTE6A+/48X4aApOXofomqNzib0kO2BKZYV2YFMItphBCjg' +
      'nH2WWFlCZvXAIdD87KCNlFoSvoLeTR7Oa0wDFFtdNJXU7VQR64eNrwX9evw+Ca2g8RJkIvWQl1oZaYFvSGmLy7obTZyuedRg2Pn4Xnl1AF2bwixO' +
      'WsD3waRdElaaYoB9O5oC5aUw53MGb0U9H1tMLpz3ggKD90K51QIDAQAB',
    message: 'Test',
    signature:
      '264491e844c119f14e425c03282139a558dcdaeb82a4628173cd407fd319f9076eaebc0dd87a1c22e4d17839096886d58a9d5b7f7aeb63ef' +
      'ec56c45ac7bead4203b6886e1faa90e028ec0ae094d46bf3f97efdd19045cfbc25a1abda2432639f9876405c0d68f8edbf047c12a454f768' +
      '1d5d5a2b54bd3723d193dbad4338baad753264006e2d08931c4b8bb79aa1c9cad10eb6605f87c5831f6e2b08e002f9c6f21141f5841d9272' +
      '7dd3e1d99c36bc560da3c9067df99fcaf818941f72588be33032bad22caf6704223bb114d575b6d02d9d222b580005d930e8f40cce9f672e' +
      'ebb634a20177d84351627964b83f2053d736a84ab1a005f63bd5ba943de6205c',
  },
  {
    algorithm: 'RSA1',
    source: 'made once with openssl dgst -sha1 (its key was thrown away), confirmed with node-forge',
    publicKey:
      'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAoM4nuHH9Ve4MTW/EJYnSoSFEY3RgzR8v7A/FT8uF6sKg/5JlfkXc735f+6mlQsQ847s3' +
      'glC0FFPgSnFjcf9MS9ockMPl1lU37GNYLr/jtX6MEKqutUyZuAkaOYQReYGF1mJ1UJBWjnxgHtTlVbPPvnLsl/YboXbr570AJz+ip7ubsTNUJIYl' +
      'YM+CtJW51woZjBq7lvHTTsupIKuiJFoaRmNffD0TH8a78zF1RQxlRdQP6xRh4TQClTAgn2/RBUAn2gL/8NzI98xMEM+EBeT7//M2rwgw8jqaomyA' +
      '/kLrlA+o8U+FQslpeuoiF/DXw639/B4lFBJIBRk1NEYyXc25RwIDAQAB',
    message: 'abc',
    signature:
      '843ba595f22d6b5811c73987c03f6e0d6b31d67358bdaa5a09dc6c74760a9b1730e230dcb59847c8d58dd35ee1864e03027793f89544da71' +
      '231db03bfaeb7e92db745f5e12a6d2a7c95aea36c2ad45af37b8f99600163b8100260cd0ec54a9cc6c08a2965bbbcaa3c4b17393b3f9dffc' +
      'f850a9e7a758c6031a3e88c8a7fbb78bf489ba3fe5949ca59507c88e3d9b937de09c5066f2b966a6f82b7f33e99487714cefcb7e2a838e69' +
      'd803d3fef5754d906b4d44c66a142d6b889d9ca19f052bf879a07f669422b6fe6cdabcf44667d113ee08d19372169d14e49ad6e21a5d7680' +
      'f7115828f695ea9bae153dc69fcd22cd97fcc874155693d3cc8627f8af5ce7c1',
  },
  {
    algorithm: 'SM2',
    source: 'GM/T 0003.5-2012 annex A.2, the recommended curve',
    publicKey:
      '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e08' +
      '4a6632f6072da9ad13',
    message: 'message digest',
    signature:
      '3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc0d421ca1' +
      'bb9038fd1f7f42d4840b69c485bbc1aa',
  },
  {
    algorithm: 'ED25519',
    source: 'RFC 8032 section 7.1, test 2',
    publicKey: 'MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=',
    message: 'r',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee' +
      'b00d291612bb0c00',
  },
  {
    algorithm: 'P256',
    source: 'RFC 6979 appendix A.2.5, SHA-256',
    publicKey:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3' +
      'o8KU1EYimQ==',
    message: 'sample',
    signature:
      'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff406' +
      '4dc4ab2f843acda8',
  },
];
