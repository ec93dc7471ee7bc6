#!/usr/bin/python3
"""A network camera: an RTSP server with a password that sends 25 frames and a key frame a second: H.264 of 1920x1080 in main profile,
or H.265 of 1280x720.

Needs Debian's gir1.2-gst-rtsp-server-1.0 and python3-gi. Prints "ready on port N" when it can be connected to.
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

CAMERAS = {
    # Filler keeps the rate of an easy picture where HB-3 wants it.
    "h264": (
        "( videotestsrc is-live=true pattern=pinwheel ! video/x-raw,format=I420,width=1920,height=1080,framerate=25/1"
        " ! x264enc speed-preset=superfast tune=zerolatency bitrate=2000 vbv-buf-capacity=1000 key-int-max=25"
        " option-string=nal-hrd=cbr:filler=1 ! video/x-h264,profile=main ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
    ),
    "h265": (
        "( videotestsrc is-live=true pattern=pinwheel ! video/x-raw,format=I420,width=1280,height=720,framerate=25/1"
        " ! x265enc speed-preset=ultrafast tune=zerolatency bitrate=2000 key-int-max=25"
        " ! rtph265pay name=pay0 pt=96 config-interval=-1 )"
    ),
}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", default="0")
    arguments.add_argument("--user", required=True)
    arguments.add_argument("--password", required=True)
    arguments.add_argument("--codec", choices=CAMERAS, default="h264")
    arguments.add_argument("--auth", choices=["basic", "digest"], default="basic")
    arguments = arguments.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)

    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if arguments.auth == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(arguments.user, arguments.password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(arguments.user, arguments.password), token)
    server.set_auth(auth)

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(CAMERAS[arguments.codec])
    factory.set_shared(True)
    factory.add_role_from_structure(
        Gst.Structure.new_from_string("viewer,media.factory.access=true,media.factory.construct=true")
    )
    server.get_mount_points().add_factory("/camera", factory)

    if not server.attach(None):
        raise SystemExit("the port cannot be listened on")
    print(f"ready on port {server.get_bound_port()}", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
