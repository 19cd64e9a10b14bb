"""Run as a program, by itself: save one frame of a video as a JPEG, decoded with PyAV.

A process of its own, so that a video made to hang or crash its decoder takes no kernel with it. It imports nothing of
this package: the arguments are path, demuxer, seconds into the video, and where the JPEG goes.
"""

from __future__ import annotations

import sys

FRAMES = 240  # decoded at most, on the way to the moment asked for
LONGEST = 640  # pixels of the longer side


def save(path: str, demuxer: str, seconds: float, target: str) -> None:
    """Decode up to a moment, and save the frame there, or else the last one before it."""
    import av

    with av.open(path, format=demuxer, options={"protocol_whitelist": "file"}, timeout=5) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"max_pixels": "100000000"}
        frame = None
        for frame, _ in zip(container.decode(stream), range(FRAMES), strict=False):
            if frame.time is None or frame.time >= seconds:
                break
        if frame is not None:
            image = frame.to_image()
            image = image.rotate(getattr(frame, "rotation", 0) or 0, expand=True)
            image.thumbnail((LONGEST, LONGEST))
            image.save(target, "JPEG", quality=80)


if __name__ == "__main__":
    save(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4])
