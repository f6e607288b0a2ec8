//! A certificate authority of a test's own, and TLS as a mail server speaks it with a certificate by that authority.

use std::sync::Arc;

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority; what it signs is good until long after us, unless said otherwise.
pub(crate) struct Authority {
    /// Its root certificate, as PEM.
    pub(crate) root: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut asked = CertificateParams::default();
        asked.distinguished_name.push(DnType::CommonName, name);
        asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = pem(asked.self_signed(&key).unwrap().der());
        Self {
            root,
            issuer: Issuer::new(asked, key),
        }
    }

    /// TLS with a certificate for that host.
    pub(crate) fn serves(&self, host: &str) -> Arc<ServerConfig> {
        self.serves_by(host, |_| {})
    }

    /// TLS with a certificate for that host that was good until 2001.
    pub(crate) fn served(&self, host: &str) -> Arc<ServerConfig> {
        self.serves_by(host, |asked| {
            asked.not_before = date_time_ymd(2000, 1, 1);
            asked.not_after = date_time_ymd(2001, 1, 1);
        })
    }

    fn serves_by(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Arc<ServerConfig> {
        let mut asked = CertificateParams::new(vec![host.to_owned()]).unwrap();
        change(&mut asked);
        let key = KeyPair::generate().unwrap();
        let certificate = asked.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        Arc::new(config.unwrap())
    }
}

/// A certificate as text (RFC 7468).
fn pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
