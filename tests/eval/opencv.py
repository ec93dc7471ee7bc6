#!/usr/bin/env python3
"""What plain OpenCV makes of a clip, scored as `scripts/eval tracking` is: scripts/eval opencv hog|background CLIP TRUTH.csv

hog: OpenCV's people detector (Dalal and Triggs, CVPR 2005), the box it is surest of.
background: the largest piece that MOG2 takes for foreground, made whole by closing.
The last line is one JSON object with the keys of `tracking`.
"""

import csv
import json
import sys
import time

import cv2

PER_SECOND = 10.0
WIDTH = 640
# A piece of foreground must be so large a part of the picture, as in the host without its detector.
LEAST = 0.01


def hog():
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())

    def find(frame):
        boxes, sure = detector.detectMultiScale(frame, winStride=(8, 8), scale=1.05)
        return max(zip(sure, boxes), key=lambda found: found[0])[1] if len(boxes) else None

    return find


def background():
    learnt = cv2.createBackgroundSubtractorMOG2(history=200, varThreshold=16, detectShadows=True)
    whole = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))

    def find(frame):
        foreground = cv2.threshold(learnt.apply(frame), 200, 255, cv2.THRESH_BINARY)[1]
        foreground = cv2.morphologyEx(foreground, cv2.MORPH_CLOSE, whole)
        pieces = cv2.findContours(foreground, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        largest = max(pieces, key=cv2.contourArea, default=None)
        if largest is None or cv2.contourArea(largest) < LEAST * frame.shape[0] * frame.shape[1]:
            return None
        return cv2.boundingRect(largest)

    return find


def watch(clip, find):
    """Boxes, normalised, by the second at which they were found; CPU seconds of finding alone."""
    video = cv2.VideoCapture(clip)
    if not video.isOpened():
        sys.exit(f"{clip}: it cannot be opened")
    found, due, cpu = [], 0.0, 0.0
    while True:
        there, frame = video.read()
        if not there:
            return found, cpu
        at = video.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        if at + 1e-3 < due:
            continue
        due += 1.0 / PER_SECOND
        height = round(frame.shape[0] * WIDTH / frame.shape[1])
        frame = cv2.resize(frame, (WIDTH, height), interpolation=cv2.INTER_AREA)
        before = time.process_time()
        box = find(frame)
        cpu += time.process_time() - before
        sizes = (WIDTH, height, WIDTH, height)
        found.append((at, None if box is None else [float(value) / size for value, size in zip(box, sizes)]))


def iou(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def score(name, clip, truth, found, cpu):
    somebody = nobody = inside = wrong = 0
    overlap = 0.0
    end = found[-1][0]
    with open(truth, newline="") as rows:
        for row in csv.DictReader(line for line in rows if not line.startswith("#")):
            at = float(row["t_seconds"])
            if at > end + 1.0 / PER_SECOND:
                continue
            latest = [box for when, box in found if when < at + 0.5 / PER_SECOND]
            box = latest[-1] if latest else None
            if not row["w"]:
                nobody += 1
                wrong += box is not None
                continue
            somebody += 1
            person = [float(row[key]) for key in "xywh"]
            if box:
                middle = (person[0] + person[2] / 2, person[1] + person[3] / 2)
                inside += box[0] <= middle[0] <= box[0] + box[2] and box[1] <= middle[1] <= box[1] + box[3]
                overlap += iou(person, box)
    share = lambda part, of: round(part / of, 4) if of else None
    frames = len(found)
    return {"evaluation": f"opencv-{name}", "clip": clip.rsplit("/", 1)[-1], "seconds": round(frames / PER_SECOND, 4),
            "rows_somebody": somebody, "rows_nobody": nobody, "centre_inside": share(inside, somebody),
            "mean_iou": share(overlap, somebody), "false_somebody": share(wrong, nobody),
            "cpu_ms_per_frame": round(cpu * 1000 / frames, 4), "cpu_of_a_core": round(cpu / frames * PER_SECOND, 4)}


def main():
    peers = {"hog": hog, "background": background}
    if len(sys.argv) != 4 or sys.argv[1] not in peers:
        sys.exit(__doc__)
    _, name, clip, truth = sys.argv
    cv2.setNumThreads(1)
    print(json.dumps(score(name, clip, truth, *watch(clip, peers[name]()))))


if __name__ == "__main__":
    main()
