//! The site from start to end: what all requests share, and the server.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum_server::Handle;
use hyper_util::rt::TokioTimer;
use ketang_client::Client;
use ketang_protocol::pairing::PairingCode;
use tokio::sync::watch;

use crate::cli::Cli;
use crate::clock;
use crate::files::{Area, FilesError, Uploads, Works};
use crate::limits::Limits;
use crate::pairing::{self, Pairing};
use crate::routes;
use crate::store::{Deed, Store, StoreError};
use crate::tls::{Pair, TlsError};
use crate::watch::{Seen, alarms, follow};
use crate::who::{Person, Proof};

/// How long the host may take to answer: it gives up by itself after 30 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(35);
/// How often the pairing code, the certificate and what is thrown away are looked after.
const HOUSEKEEPING: Duration = Duration::from_secs(5);
/// Each so many rounds of these, the slow part of it: an hour.
const SLOW: u64 = 720;
/// A connection that sends no request for so long is closed.
const REQUEST_LIMIT: Duration = Duration::from_secs(20);
/// How long open requests may take once this program stops.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Why the site cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path} cannot be made or written ({source}): name another with --state or --runtime, or let systemd make it", path = path.display())]
    Folder { path: PathBuf, source: std::io::Error },

    #[error(
        "the pages cannot be served at {address} ({source}): another program is there, or the port needs a right (CAP_NET_BIND_SERVICE)"
    )]
    Listen { address: SocketAddr, source: std::io::Error },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error(transparent)]
    Tls(#[from] TlsError),

    #[error(transparent)]
    Files(#[from] FilesError),
}

/// What all requests share. Its mutexes are held for one call, never over anything that waits, and never two at a time.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) cli: Cli,
    pub(crate) client: Client,
    pub(crate) store: Store,
    pub(crate) snapshots: watch::Receiver<Seen>,
    pub(crate) area: Area,
    pub(crate) uploads: Uploads,
    pub(crate) works: Works,
    /// SHA-256 of the certificate.
    pub(crate) fingerprint: String,
    /// Where the pages are, as far as this program knows.
    pub(crate) address: String,
    /// Becomes true when this program stops, so that streams end.
    stopping: watch::Receiver<bool>,
    limits: Mutex<Limits>,
    pairing: Mutex<Pairing>,
}

impl Site {
    pub(crate) fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pairing(&self) -> MutexGuard<'_, Pairing> {
        self.pairing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down who did what. A log that cannot be written stops nobody from stopping a lesson; it is told in the other log.
    pub(crate) fn note(&self, who: &str, address: IpAddr, what: &str, ok: bool) {
        let what: String = what.chars().take(500).collect();
        tracing::info!(who, %address, what, ok);
        let at = clock::now().as_second();
        if let Err(error) = self.store.note(&Deed { at, who: who.into(), address: address.to_string(), what, ok }) {
            tracing::error!("not written down: {error}");
        }
    }

    /// Whether a person who was is still signed in, with the same rights.
    pub(crate) fn is_signed_in(&self, person: &Person) -> bool {
        let found = match &person.proof {
            Proof::Session(digest) => self.store.account_of_session(digest, clock::now(), false),
            Proof::Token(digest) => self.store.account_of_token(digest),
        };
        // A database that fails for a moment ends no stream.
        found.map_or(true, |account| account.is_some_and(|account| account.role == person.account.role))
    }

    /// Completes when this program stops.
    pub(crate) async fn stopped(&self) {
        // An error means that it has.
        let _ = self.stopping.clone().wait_for(|stopping| *stopping).await;
    }

    /// Whether the host waits for its first account.
    pub(crate) fn look_after_pairing(&self) {
        let runtime = &self.cli.runtime;
        let done = match self.store.is_paired() {
            Ok(true) => {
                self.pairing().end();
                pairing::untell(runtime)
            }
            Ok(false) => {
                let (code, until) = {
                    let mut pairing = self.pairing();
                    let (code, until) = pairing.code(clock::now());
                    (code.to_owned(), until)
                };
                let (address, certificate) = (self.address.clone(), self.fingerprint.clone());
                let told = PairingCode { code, until, address, certificate };
                pairing::tell(runtime, &self.cli.socket, &told)
            }
            Err(error) => Err(std::io::Error::other(error)),
        };
        if let Err(error) = done {
            tracing::warn!("the code for the first access cannot be shown: {error}");
        }
    }
}

/// The site, open and listening.
pub struct Opened {
    site: Arc<Site>,
    listener: TcpListener,
    config: axum_server::tls_rustls::RustlsConfig,
    pair: Pair,
    stop: watch::Sender<bool>,
    snapshots: watch::Sender<Seen>,
}

/// Opens everything that serving needs.
pub async fn open(cli: Cli) -> Result<Opened, OpenError> {
    for path in [&cli.state, &cli.runtime] {
        let made = std::fs::create_dir_all(path);
        made.map_err(|source| OpenError::Folder { path: path.clone(), source })?;
    }
    let store = Store::open(&cli.state.join("admin.sqlite"))?;
    let area = Area::open(&cli.state.join("files"), cli.keep_free_mb.saturating_mul(1_000_000))?;
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
    let pair = match (&cli.certificate, &cli.key) {
        (Some(certificate), Some(key)) => Pair { certificate: certificate.clone(), key: key.clone() },
        _ => Pair::of_host(&cli.state, &host, clock::now())?,
    };
    let (config, fingerprint) = (pair.load().await?, pair.fingerprint()?);
    let unheard = |source| OpenError::Listen { address: cli.listen, source };
    let listener = TcpListener::bind(cli.listen).map_err(unheard)?;
    listener.set_nonblocking(true).map_err(unheard)?;
    let at = listener.local_addr().map_err(unheard)?;
    let address = address_of(at, &host);
    let (snapshots, seen) = watch::channel(None);
    let (stop, stopping) = watch::channel(false);
    let site = Site {
        client: Client::new(cli.socket.clone(), "admin", ANSWER_LIMIT),
        store,
        snapshots: seen,
        area,
        uploads: Uploads::default(),
        works: Works::default(),
        fingerprint,
        address,
        stopping,
        limits: Mutex::default(),
        pairing: Mutex::default(),
        cli,
    };
    site.look_after_pairing();
    Ok(Opened { site: Arc::new(site), listener, config, pair, stop, snapshots })
}

/// Where a person would go: the address that is listened on, or the host's name where that is every address.
fn address_of(at: SocketAddr, host: &str) -> String {
    let name = if at.ip().is_unspecified() { host.to_owned() } else { at.to_string() };
    match (at.ip().is_unspecified(), at.port()) {
        (true, 443) | (false, _) => format!("https://{name}/"),
        (true, port) => format!("https://{name}:{port}/"),
    }
}

impl Opened {
    /// Where the pages are.
    pub fn address(&self) -> &str {
        &self.site.address
    }

    #[cfg(test)]
    pub(crate) fn into_site(self) -> Arc<Site> {
        self.site
    }

    /// Serves until `stop` completes.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> std::io::Result<()> {
        let Self { site, listener, config, pair, stop: stopping, snapshots } = self;
        tokio::spawn(follow(site.client.clone(), snapshots));
        tokio::spawn(alarms(Arc::clone(&site)));
        tokio::spawn(look_after(Arc::clone(&site), config.clone(), pair));
        let handle = Handle::new();
        let mut server =
            axum_server::from_tcp_rustls(listener, config)?.handle(handle.clone()).first_request_timeout(REQUEST_LIMIT);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(REQUEST_LIMIT);
        let service = routes::router(site).into_make_service_with_connect_info::<SocketAddr>();
        let served = server.serve(service);
        tokio::pin!(served);
        tokio::select! {
            served = &mut served => return served,
            () = stop => {}
        }
        stopping.send_replace(true);
        handle.graceful_shutdown(Some(STOP_LIMIT));
        served.await
    }
}

/// What is to be done now and then, until this program stops.
async fn look_after(site: Arc<Site>, config: axum_server::tls_rustls::RustlsConfig, pair: Pair) {
    let mut rhythm = tokio::time::interval(HOUSEKEEPING);
    for round in 0.. {
        tokio::select! {
            _ = rhythm.tick() => {}
            () = site.stopped() => return,
        }
        site.look_after_pairing();
        if round % SLOW == SLOW - 1
            && let Err(error) = pair.reload(&config).await
        {
            tracing::warn!("the certificate stays as it was: {error}");
        }
        if round % SLOW == 0 {
            let site = Arc::clone(&site);
            let cleaned = tokio::task::spawn_blocking(move || site.area.clean(clock::now())).await;
            if let Ok(Err(error)) = cleaned {
                tracing::warn!("what was thrown away is still there: {error}");
            }
        }
    }
}
