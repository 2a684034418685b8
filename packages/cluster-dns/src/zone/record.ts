/** The records of a zone. Names are absolute, in lower case, without the final dot. TTLs in seconds. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly name: string; readonly ttl: number; readonly data: string }
  | { readonly type: 'CNAME'; readonly name: string; readonly ttl: number; readonly data: string }
  | { readonly type: 'PTR'; readonly name: string; readonly ttl: number; readonly data: string }
  | { readonly type: 'NS'; readonly name: string; readonly ttl: number; readonly data: string }
  | {
      readonly type: 'MX';
      readonly name: string;
      readonly ttl: number;
      readonly data: { readonly preference: number; readonly exchange: string };
    }
  | { readonly type: 'TXT'; readonly name: string; readonly ttl: number; readonly data: string }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly ttl: number;
      readonly data: {
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      };
    }
  | {
      readonly type: 'SOA';
      readonly name: string;
      readonly ttl: number;
      readonly data: {
        readonly mname: string;
        readonly rname: string;
        readonly serial: number;
        readonly refresh: number;
        readonly retry: number;
        readonly expire: number;
        readonly minimum: number;
      };
    };

/** A response of the zone; a look-up returns undefined for names outside of it. */
export interface ZoneAnswer {
  readonly code: 'NOERROR' | 'NXDOMAIN';
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}
