//! Connections to servers: TCP, TLS with a verified certificate, and the longest wait for an answer.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::config::Server;
use super::trouble::{SystemError, Trouble};

/// A connection, with or without TLS.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Debug + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Bytes for T {}

/// A connection, with or without TLS.
pub(super) type Stream = Box<dyn Bytes>;

/// Makes connections: knows the trusted certificates and the longest wait.
#[derive(Debug)]
pub(super) struct Connector {
    trusted: BTreeMap<Option<PathBuf>, Arc<ClientConfig>>,
    pub(super) answer: Duration,
}

impl Connector {
    /// Reads the certificates of this machine and those that the servers name.
    pub(super) fn new<'s>(servers: impl Iterator<Item = &'s Server>, answer: Duration) -> Result<Self, SystemError> {
        let mut trusted = BTreeMap::new();
        for server in servers {
            if !trusted.contains_key(&server.ca) {
                trusted.insert(server.ca.clone(), Arc::new(client(server.ca.as_deref())?));
            }
        }
        Ok(Self { trusted, answer })
    }

    /// Returns the rules by which the certificate of a server is verified.
    pub(super) fn rules(&self, server: &Server) -> Arc<ClientConfig> {
        // The servers of the configuration were all seen by `new`.
        Arc::clone(&self.trusted[&server.ca])
    }

    /// Waits for an answer of a server, as long as it has for one.
    pub(super) async fn within<T>(&self, server: &Server, answer: impl Future<Output = T>) -> Result<T, Trouble> {
        let timed = tokio::time::timeout(self.answer, answer).await;
        timed.map_err(|_| Trouble::Unknown(silent(server, self.answer)))
    }

    /// Connects to a server by TCP.
    pub(super) async fn connect(&self, server: &Server) -> Result<TcpStream, Trouble> {
        let connected = self.within(server, TcpStream::connect((server.host.as_str(), server.port))).await;
        let connected = connected.map_err(|_| Trouble::Unreachable(silent(server, self.answer)))?;
        let stream =
            connected.map_err(|reason| Trouble::Unreachable(format!("cannot connect to {}: {reason}", server.url)))?;
        // Short requests wait for answers; nothing is gained by joining them.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Starts TLS on a connection, and verifies the certificate of the server.
    pub(super) async fn protect(&self, server: &Server, stream: Stream) -> Result<Stream, Trouble> {
        let name = ServerName::try_from(server.host.clone()).map_err(|_| {
            Trouble::Unreachable(format!("{}: a certificate cannot have the name {}", server.url, server.host))
        })?;
        let protected = self.within(server, TlsConnector::from(self.rules(server)).connect(name, stream)).await;
        let protected = protected.map_err(|_| Trouble::Unreachable(silent(server, self.answer)))?;
        let protected = protected.map_err(|reason| Trouble::Unreachable(refused(server, &reason.to_string())))?;
        Ok(Box::new(protected))
    }
}

/// The sentence about a server that did not answer in time.
pub(super) fn silent(server: &Server, answer: Duration) -> String {
    format!("{} did not answer within {}", server.url, humantime::format_duration(answer))
}

/// The sentence about a server whose certificate is not accepted, or that does not speak TLS.
pub(super) fn refused(server: &Server, reason: &str) -> String {
    format!("no protected connection to {}: {reason}", server.url)
}

fn client(ca: Option<&Path>) -> Result<ClientConfig, SystemError> {
    let mut roots = RootCertStore::empty();
    // A certificate of this machine that cannot be used makes fewer servers acceptable, not more.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca {
        add(&mut roots, path).map_err(|says| SystemError::Certificates(format!("{}: {says}", path.display())))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|reason| SystemError::Certificates(reason.to_string()))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let text = std::fs::read(path).map_err(|reason| format!("cannot be read: {reason}"))?;
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|reason| format!("is no file of certificates: {reason}"))?;
        roots.add(certificate).map_err(|reason| format!("has a certificate that cannot be used: {reason}"))?;
        count += 1;
    }
    if count == 0 { Err("has no certificate; expected are lines from BEGIN CERTIFICATE on".to_owned()) } else { Ok(()) }
}
