#!/usr/bin/env python3
"""Converts MoveNet MultiPose as its package ships it (TensorFlow.js) to ONNX, cut at its six heads.

  movenet.py MODEL.json OUT.onnx

Knows the operations of this one network and no others, and needs nothing but Python. The network is convolutions all
through, so the result takes pictures of any height and width that are multiples of 32: input `picture`, float32
[1, 3, height, width], RGB from 0 to 255; outputs as in HEADS, float32 [1, channels, height / 4, width / 4]. How they are
read stands in firmware/tracker/src/decode.rs.
"""
import array
import json
import math
import struct
import sys
from base64 import b64decode
from pathlib import Path

PREFIX = "StatefulPartitionedCall"
HEADS = {  # output: (where the network is cut, channels)
    "centre": ("center_0/conv2d_4/BiasAdd", 1),
    "box_size": ("box_scale_0/conv2d_5/BiasAdd", 2),
    "box_offset": ("box_offset_0/conv2d_6/BiasAdd", 2),
    "keypoint_heat": ("kpt_heatmap_0/conv2d_7/BiasAdd", 17),
    "keypoint_place": ("kpt_regress_0/conv2d_8/BiasAdd", 34),
    "keypoint_offset": ("kpt_offset_0/conv2d_9/BiasAdd", 34),
}


# --- protocol buffers, as far as ONNX needs them: (field number, value) pairs ---

def varint(value):
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def message(*fields):
    out = bytearray()
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        elif isinstance(value, float):
            out += varint(number << 3 | 5) + struct.pack("<f", value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return bytes(out)


def attribute(name, value):
    if isinstance(value, str):
        return message((1, name), (4, value), (20, 3))
    if isinstance(value, int):
        return message((1, name), (3, value), (20, 2))
    return message((1, name), *[(8, item) for item in value], (20, 7))


def tensor(name, shape, floats):
    data = array.array("f", floats)
    if sys.byteorder == "big":
        data.byteswap()
    return message(*[(1, size) for size in shape], (2, 1), (8, name), (9, data.tobytes()))


def value_info(name, shape):
    sizes = [(1, message((1 if isinstance(size, int) else 2, size))) for size in shape]
    return message((1, name), (2, message((1, message((1, 1), (2, message(*sizes)))))))


# --- the network ---

def read_weights(model, folder):
    """Name to (shape, floats), integers left out: they only say sizes that are known."""
    weights = {}
    for group in model["weightsManifest"]:
        data, at = b"".join((folder / path).read_bytes() for path in group["paths"]), 0
        for entry in group["weights"]:
            count = math.prod(entry["shape"])
            kind = entry.get("quantization", {}).get("dtype", entry["dtype"])
            size, code = {"float16": (2, "e"), "float32": (4, "f"), "int32": (4, "i")}[kind]
            values = struct.unpack(f"<{count}{code}", data[at:at + count * size])
            at += count * size
            if kind != "int32":
                weights[entry["name"]] = (entry["shape"], values)
    return weights


class Converter:
    def __init__(self, model, weights):
        self.nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        self.weights, self.out, self.tensors, self.done = weights, [], {}, {}

    def emit(self, operation, inputs, output=None, **attributes):
        output = output or f"t{len(self.out)}"
        self.out.append(message(*[(1, name) for name in inputs], (2, output), (4, operation),
                                *[(5, attribute(*item)) for item in attributes.items()]))
        return output

    def constant(self, name, shape, floats):
        self.tensors[name] = tensor(name, shape, floats)
        return name

    def tensor_of(self, name):
        """A node as the name of a tensor in the ONNX graph."""
        if name not in self.done:
            self.done[name] = self.convert(self.nodes[name])
        return self.done[name]

    def convert(self, node):
        inputs = [name for name in node.get("input", []) if not name.startswith("^")]
        match node["op"]:
            case "Placeholder":
                return "picture"
            case "Cast":
                return self.tensor_of(inputs[0])
            case "Const":  # of the arithmetic on the picture: one number, or one a channel
                _, values = self.weights[node["name"]]
                return self.constant(node["name"], [len(values), 1, 1], values)
            case "AddV2" | "Sub" | "Mul" as operation:
                operands = [self.tensor_of(name) for name in inputs]
                return self.emit({"AddV2": "Add"}.get(operation, operation), operands)
            case "ResizeBilinear":  # always to twice the size
                scales = self.constant("twice", [4], [1, 1, 2, 2])
                return self.emit("Resize", [self.tensor_of(inputs[0]), "", scales], mode="linear",
                                 coordinate_transformation_mode="half_pixel")
            case "_FusedConv2D" | "FusedDepthwiseConv2dNative" | "DepthwiseConv2dNative":
                return self.convolution(node, inputs)
        raise SystemExit(f"movenet.py: {node['name']} is a {node['op']}, which MoveNet MultiPose has none of")

    def convolution(self, node, inputs):
        (height, width, channels, outputs), values = self.weights[inputs[1]]
        if "Depthwise" in node["op"]:  # height, width, channel → channel, 1, height, width
            shape, group = [channels * outputs, 1, height, width], channels
            floats = [value for channel in range(channels * outputs) for value in values[channel::channels * outputs]]
        else:  # height, width, in, out → out, in, height, width
            shape, group, floats = [outputs, channels, height, width], 1, []
            for output in range(outputs):
                kernel = values[output::outputs]
                for channel in range(channels):
                    floats += kernel[channel::channels]
        operands = [self.tensor_of(inputs[0]), self.constant(inputs[1], shape, floats)]
        fused = [b64decode(name).decode() for name in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])]
        if "BiasAdd" in fused:
            operands.append(self.constant(inputs[2], [shape[0]], self.weights[inputs[2]][1]))
        strides = [int(size) for size in node["attr"]["strides"]["list"]["i"][1:3]]
        padding = b64decode(node["attr"]["padding"]["s"]).decode()
        y = self.emit("Conv", operands, kernel_shape=[height, width], strides=strides, group=group,
                      auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[padding])
        if "Relu6" in fused:
            limits = [self.constant("zero", [], [0]), self.constant("six", [], [6])]
            return self.emit("Clip", [y, *limits])
        return self.emit("Relu", [y]) if "Relu" in fused else y


def main(source, target):
    sys.setrecursionlimit(10_000)
    model = json.loads(source.read_text())
    converter = Converter(model, read_weights(model, source.parent))
    for name, (place, _) in HEADS.items():
        converter.emit("Identity", [converter.tensor_of(f"{PREFIX}/{place}")], output=name)
    graph = message(*[(1, node) for node in converter.out], (2, "movenet-multipose"),
                    *[(5, data) for data in converter.tensors.values()],
                    (11, value_info("picture", [1, 3, "height", "width"])),
                    *[(12, value_info(name, [1, channels, "rows", "columns"])) for name, (_, channels) in HEADS.items()])
    target.write_bytes(message((1, 8), (2, "ketang"), (7, graph), (8, message((1, ""), (2, 13)))))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
