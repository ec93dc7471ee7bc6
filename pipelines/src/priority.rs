//! Who comes first when the machine is full: graphs whose threads run at a priority of their own.
//!
//! GStreamer keeps threads for the next graph when one ends, and a thread that was lowered can not be raised again without
//! privileges. So such graphs have a pool of their own, which starts a thread for each task and lets it go.
//! See GStreamer, "Threads", "Configuring Threads in GStreamer".

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;

/// The programme's lead over everything else of the host.
const LEAD: i32 = 10;
/// Finishing, verifying and exporting: recording comes first.
pub const WORK_NICENESS: i32 = 10;

/// The niceness of the programme's encoder, from a thread that runs as everything else does. Having it takes a privilege
/// (`LimitNICE=` of the service); without it all are equal.
pub(crate) fn of_programme() -> i32 {
    rustix::process::getpriority_process(None).unwrap_or_default() - LEAD
}

/// Gives the calling thread this niceness. On Linux it is the thread's own, and threads that it starts inherit it.
pub fn set(niceness: i32) {
    if let Err(error) = rustix::process::setpriority_process(None, niceness) {
        tracing::debug!(%error, niceness, "a thread's priority stays as it is");
    }
}

/// Every streaming thread of `pipeline` runs with this niceness. To be called before it starts.
pub(crate) fn of_graph(pipeline: &gst::Pipeline, niceness: i32) {
    let pool: OwnPool = glib::Object::new();
    pool.imp().niceness.set(niceness).expect("the pool is new");
    let bus = pipeline.bus().expect("a pipeline has a bus");
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::StreamStatus(status) = message.view()
            && status.type_() == gst::StreamStatusType::Create
            && let Some(task) = status.stream_status_object().and_then(|object| object.get::<gst::Task>().ok())
        {
            task.set_pool(&pool);
        }
        gst::BusSyncReply::Pass
    });
}

glib::wrapper! {
    pub struct OwnPool(ObjectSubclass<own_pool::OwnPool>) @extends gst::TaskPool, gst::Object;
}

mod own_pool {
    use std::sync::OnceLock;

    use super::*;

    #[derive(Default)]
    pub struct OwnPool {
        pub(super) niceness: OnceLock<i32>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for OwnPool {
        const NAME: &'static str = "KetangOwnPool";
        type Type = super::OwnPool;
        type ParentType = gst::TaskPool;
    }

    impl ObjectImpl for OwnPool {}
    impl GstObjectImpl for OwnPool {}

    impl TaskPoolImpl for OwnPool {
        type Handle = Started;

        fn push(&self, task: gst::subclass::TaskPoolFunction) -> Result<Option<Started>, glib::Error> {
            let niceness = self.niceness.get().copied().unwrap_or_default();
            let thread = std::thread::Builder::new().name(format!("nice {niceness}")).spawn(move || {
                set(niceness);
                task.call();
            });
            let failed = |error: std::io::Error| glib::Error::new(gst::CoreError::Failed, &error.to_string());
            thread.map(|thread| Some(Started(thread))).map_err(failed)
        }
    }

    /// A thread that runs a task; letting go of it leaves it running.
    pub struct Started(std::thread::JoinHandle<()>);

    impl gst::TaskHandle for Started {
        fn join(self) {
            let _ = self.0.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// The niceness of the thread that pushes a pipeline's data.
    fn niceness_of(own: Option<i32>) -> i32 {
        gst::init().unwrap();
        let (to, seen) = mpsc::channel();
        let pipeline = gst::Pipeline::new();
        let source = gst::ElementFactory::make("audiotestsrc").property("num-buffers", 3).build().unwrap();
        let sink = gst::ElementFactory::make("fakesink").build().unwrap();
        pipeline.add_many([&source, &sink]).unwrap();
        source.link(&sink).unwrap();
        source.static_pad("src").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            let _ = to.send(rustix::process::getpriority_process(None).unwrap());
            gst::PadProbeReturn::Ok
        });
        if let Some(niceness) = own {
            of_graph(&pipeline, niceness);
        }
        pipeline.set_state(gst::State::Playing).unwrap();
        let found = seen.recv_timeout(std::time::Duration::from_secs(20)).expect("data flows");
        pipeline.set_state(gst::State::Null).unwrap();
        found
    }

    #[test]
    fn a_graph_with_a_priority_of_its_own_leaves_the_threads_of_others_as_they_are() {
        let usual = niceness_of(None);
        for _ in 0..5 {
            assert_eq!(niceness_of(Some(usual + 3)), usual + 3);
            assert_eq!(niceness_of(None), usual);
        }
    }
}
