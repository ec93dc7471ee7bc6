//! The site from start to end: what all requests share, and the server.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use jiff::Timestamp;
use ketang_client::Client;
use ketang_protocol::pairing::{Pages, PairingCode};
use tokio::sync::watch;

use crate::bundles::Bundles;
use crate::cli::Cli;
use crate::clock;
use crate::files::{Area, FilesError, Uploads, Works};
use crate::limits::Limits;
use crate::network;
use crate::pairing::{self, Pairing};
use crate::refusals::Refusals;
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
/// So many addresses beside the first are told to whoever comes for the first time.
const OTHERS: usize = 3;
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
    pub(crate) bundles: Bundles,
    /// Becomes true when this program stops, so that streams end.
    stopping: watch::Receiver<bool>,
    limits: Mutex<Limits>,
    refusals: Mutex<Refusals>,
    pairing: Mutex<Pairing>,
    face: Mutex<Face>,
}

/// How the site is known from outside: another one when the network or the certificate is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Face {
    /// SHA-256 of the certificate.
    pub(crate) fingerprint: String,
    /// Where the pages are, the surest address first.
    pub(crate) addresses: Vec<String>,
}

impl Site {
    pub(crate) fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

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

    /// Writes down that somebody who is not signed in was refused; of a flood the beginning, and a number.
    pub(crate) fn note_refused(&self, who: &str, address: IpAddr, what: &str, now: Timestamp) {
        let noted = self.refusals().count(address, now);
        if noted {
            self.note(who, address, what, false);
        }
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down how many more were refused.
    pub(crate) fn sum_up_refusals(&self, now: Timestamp) {
        let more = self.refusals().summed_up(now);
        for (address, count) in more {
            self.note("-", address, &format!("refused {count} times more in 10 min"), false);
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

    /// Tells whoever stands at the host where the pages are, and the code as long as it waits for its first account.
    pub(crate) fn look_after_pairing(&self) {
        let runtime = &self.cli.runtime;
        let Face { fingerprint: certificate, mut addresses } = self.face().clone();
        addresses.truncate(1 + OTHERS);
        let mut addresses = addresses.into_iter();
        let address = addresses.next().unwrap_or_default();
        let pages = Pages { address, others: addresses.collect(), certificate };
        if let Err(error) = pairing::tell(&pairing::pages_file(runtime), &self.cli.socket, &pages) {
            tracing::warn!("where the pages are cannot be shown: {error}");
        }
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
                let Pages { address, others, certificate } = pages;
                let told = PairingCode { code, until, address, others, certificate };
                pairing::tell(&pairing::file(runtime), &self.cli.socket, &told)
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
    door: Door,
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
    let bundles =
        Bundles::open(&cli.state).map_err(|source| OpenError::Folder { path: cli.state.join("updates"), source })?;
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
    let pair = match (&cli.certificate, &cli.key) {
        (Some(certificate), Some(key)) => Pair::given(certificate, key),
        _ => Pair::of_host(&cli.state),
    };
    let unheard = |source| OpenError::Listen { address: cli.listen, source };
    let listener = TcpListener::bind(cli.listen).map_err(unheard)?;
    listener.set_nonblocking(true).map_err(unheard)?;
    let at = listener.local_addr().map_err(unheard)?;
    let known = network::addresses();
    pair.renew(&host, &network::served(at, &known), clock::now())?;
    let door = Door { config: pair.load().await?, pair, at, host, known };
    let face = Mutex::new(door.face()?);
    let (snapshots, seen) = watch::channel(None);
    let (stop, stopping) = watch::channel(false);
    let site = Site {
        client: Client::new(cli.socket.clone(), "admin", ANSWER_LIMIT),
        store,
        snapshots: seen,
        area,
        uploads: Uploads::default(),
        works: Works::default(),
        bundles,
        stopping,
        limits: Mutex::default(),
        refusals: Mutex::default(),
        pairing: Mutex::default(),
        face,
        cli,
    };
    site.look_after_pairing();
    Ok(Opened { site: Arc::new(site), listener, door, stop, snapshots })
}

/// What people come in by: the certificate, and the addresses that it is for.
pub(crate) struct Door {
    pair: Pair,
    config: RustlsConfig,
    /// Where it listens.
    at: SocketAddr,
    host: String,
    /// The host's addresses as they were last.
    known: Vec<IpAddr>,
}

impl Door {
    fn face(&self) -> Result<Face, TlsError> {
        Ok(Face { fingerprint: self.pair.fingerprint()?, addresses: network::web(self.at, &self.host, &self.known) })
    }

    /// Keeps certificate, addresses and what is told of them true, while everything runs. Looks at the certificate's files where
    /// the host's addresses are others than before, or `thoroughly`.
    pub(crate) async fn look_after(
        &mut self,
        site: &Site,
        addresses: Vec<IpAddr>,
        thoroughly: bool,
        now: Timestamp,
    ) -> Result<(), TlsError> {
        if self.known == addresses && !thoroughly {
            return Ok(());
        }
        self.known = addresses;
        self.pair.renew(&self.host, &network::served(self.at, &self.known), now)?;
        self.pair.reload(&self.config).await?;
        let face = self.face()?;
        if *site.face() != face {
            tracing::info!(?face, "the pages are known otherwise now");
            *site.face() = face;
        }
        Ok(())
    }
}

impl Opened {
    /// Where the pages are.
    pub fn address(&self) -> String {
        self.site.face().addresses.first().cloned().unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn into_parts(self) -> (Arc<Site>, Door) {
        (self.site, self.door)
    }

    /// Serves until `stop` completes.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> std::io::Result<()> {
        let Self { site, listener, door, stop: stopping, snapshots } = self;
        let config = door.config.clone();
        tokio::spawn(follow(site.client.clone(), snapshots));
        tokio::spawn(alarms(Arc::clone(&site)));
        tokio::spawn(look_after(Arc::clone(&site), door));
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
async fn look_after(site: Arc<Site>, mut door: Door) {
    let mut rhythm = tokio::time::interval(HOUSEKEEPING);
    for round in 0.. {
        tokio::select! {
            _ = rhythm.tick() => {}
            () = site.stopped() => return,
        }
        let thoroughly = round % SLOW == SLOW - 1;
        if let Err(error) = door.look_after(&site, network::addresses(), thoroughly, clock::now()).await {
            tracing::warn!("the certificate stays as it was: {error}");
        }
        site.look_after_pairing();
        site.sum_up_refusals(clock::now());
        if round % SLOW == 0 {
            let site = Arc::clone(&site);
            let cleaned = tokio::task::spawn_blocking(move || site.area.clean(clock::now())).await;
            if let Ok(Err(error)) = cleaned {
                tracing::warn!("what was thrown away is still there: {error}");
            }
        }
    }
}
