"""Pictures: colours, parts, sizes, dilation, boxes."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def pictures(seed, *shape, low=0.0, high=1.0, dtype=np.float32):
    return np.random.RandomState(seed).uniform(low, high, shape).astype(dtype)


BOXES = np.array([[0.1, 0.2, 0.7, 0.9], [-0.2, 0.3, 0.5, 1.3], [0.8, 0.9, 0.2, 0.1]], np.float32)


def colours(family):
    x = pictures(1, 2, 3, 4, 3)
    family.case("contrast", {"x": x}, lambda x: raw.AdjustContrastv2(images=x, contrast_factor=1.75))
    family.case("contrast_one_channel", {"x": pictures(2, 3, 4, 1), "f": np.float32(-0.5)},
                lambda x, f: raw.AdjustContrastv2(images=x, contrast_factor=f))
    for delta in (0.0, 0.3, -0.4, 1.0, 5.2):
        family.case(f"hue_{delta}", {"x": x}, lambda x: raw.AdjustHue(images=x, delta=delta), tolerance=10.0)
    for scale in (0.0, 0.5, 3.0):
        family.case(f"saturation_{scale}", {"x": x}, lambda x: raw.AdjustSaturation(images=x, scale=scale), tolerance=10.0)
    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        family.case(f"rgb_to_hsv_{name}", {"x": x.astype(dtype)}, lambda x: raw.RGBToHSV(images=x), tolerance=10.0,
                    wrt=["x"] if dtype == np.float32 else ())
        hsv = pictures(3, 4, 5, 3, low=-0.3, high=1.4, dtype=dtype)
        family.case(f"hsv_to_rgb_{name}", {"x": hsv}, lambda x: raw.HSVToRGB(images=x), tolerance=10.0)
    greys = np.array([[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1], [1, 0, 0], [0, 0.5, 0], [0, 0, 2]], np.float32)
    family.case("rgb_to_hsv_greys", {"x": greys}, lambda x: raw.RGBToHSV(images=x))
    family.refused("rgb_to_hsv_two_channels", {"x": pictures(4, 2, 2)}, lambda x: raw.RGBToHSV(images=x))


def crops(family):
    x = pictures(5, 2, 5, 4, 3, low=-1.0)
    numbers = np.array([0, 1, 0], np.int32)
    for method in ("bilinear", "nearest"):
        for size in ([3, 4], [1, 1], [6, 1]):
            name = f"crop_{method}_{size[0]}_{size[1]}"
            family.case(name, {"x": x, "boxes": BOXES}, lambda x, boxes: raw.CropAndResize(
                image=x, boxes=boxes, box_ind=numbers, crop_size=size, method=method, extrapolation_value=-2.0),
                wrt=["x", "boxes"], tolerance=10.0)
    for dtype in (np.uint8, np.int32, np.float64, np.float16):
        y = (x * 50 + 60).astype(dtype)
        family.case(f"crop_{np.dtype(dtype).name}", {"x": y, "boxes": BOXES}, lambda x, boxes: raw.CropAndResize(
            image=x, boxes=boxes, box_ind=numbers, crop_size=[3, 2]), tolerance=10.0)
    family.case("crop_no_boxes", {"x": x, "boxes": BOXES[:0]}, lambda x, boxes: raw.CropAndResize(
        image=x, boxes=boxes, box_ind=numbers[:0], crop_size=[3, 2]))
    family.refused("crop_no_size", {"x": x, "boxes": BOXES, "size": np.array([0, 2], np.int32)},
                   lambda x, boxes, size: raw.CropAndResize(image=x, boxes=boxes, box_ind=numbers, crop_size=size))


def glimpses(family):
    x = pictures(6, 2, 6, 5, 2)
    for version, op in (("", raw.ExtractGlimpse), ("_v2", raw.ExtractGlimpseV2)):
        for centered in (False, True):
            for normalized in (False, True):
                for number, offsets in enumerate(([[0.5, 0.25], [0, 0]], [[-1, -0.5], [2, 3]], [[1, 1], [-3.5, 0.5]])):
                    name = f"glimpse{version}_{centered}_{normalized}_{number}"
                    family.case(name, {"x": x, "o": np.array(offsets, np.float32)}, lambda x, o: op(
                        input=x, size=[3, 2], offsets=o, centered=centered, normalized=normalized,
                        uniform_noise=False, noise="zero"), exact=True)


def patches(family):
    for dtype in (np.float32, np.float64, np.int32, np.uint8):
        name = np.dtype(dtype).name
        x = (pictures(7, 2, 6, 5, 2) * 100).astype(dtype)
        smooth = dtype in (np.float32, np.float64)
        for padding in ("SAME", "VALID"):
            family.case(f"patches_{padding}_{name}", {"x": x}, lambda x: raw.ExtractImagePatches(
                images=x, ksizes=[1, 3, 2, 1], strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding=padding),
                wrt=["x"] if smooth else ())
    for dtype in (np.float32, np.float64, np.int32, np.uint8):
        name = np.dtype(dtype).name
        x = (pictures(8, 2, 6, 5, 2) * 100).astype(dtype)
        filters = (pictures(9, 2, 3, 2) * 20).astype(dtype)
        smooth = dtype in (np.float32, np.float64)
        for padding in ("SAME", "VALID"):
            family.case(f"dilation_{padding}_{name}", {"x": x, "f": filters}, lambda x, f: raw.Dilation2D(
                input=x, filter=f, strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding=padding),
                wrt=["x", "f"] if smooth else ())


def sizes(family):
    x = pictures(10, 2, 5, 4, 3, low=-1.0)
    for size in ([2, 3], [7, 9], [5, 4], [1, 1]):
        name = f"{size[0]}_{size[1]}"
        for corners in (False, True):
            family.case(f"area_{corners}_{name}", {"x": x}, lambda x: raw.ResizeArea(
                images=x, size=size, align_corners=corners), tolerance=10.0)
        for corners, half in ((False, False), (True, False), (False, True)):
            family.case(f"bicubic_{corners}_{half}_{name}", {"x": x}, lambda x: raw.ResizeBicubic(
                images=x, size=size, align_corners=corners, half_pixel_centers=half), wrt=["x"], tolerance=20.0)
    for dtype in (np.uint8, np.int32, np.float64):
        y = (x * 50 + 60).astype(dtype)
        family.case(f"area_{np.dtype(dtype).name}", {"x": y}, lambda x: raw.ResizeArea(images=x, size=[3, 3]))
        family.case(f"bicubic_{np.dtype(dtype).name}", {"x": y}, lambda x: raw.ResizeBicubic(images=x, size=[3, 7]),
                    tolerance=20.0)


def boxes(family):
    frames = np.array([[[0, 0.25, 0.5, 1], [-0.5, -0.5, 0.3, 2], [0.9, 0.1, 0.2, 0.5]],
                       [[0, 0, 1, 1], [0.4, 0.4, 0.6, 0.6], [1.5, 1.5, 2, 2]]], np.float32)
    for channels in (1, 3, 4):
        family.case(f"draw_{channels}", {"x": pictures(11, 2, 6, 5, channels), "b": frames},
                    lambda x, b: raw.DrawBoundingBoxes(images=x, boxes=b), exact=True)
    many = np.tile(np.linspace(0, 0.9, 13, dtype=np.float32)[None, :, None], [1, 1, 4])
    many[..., 2:] += 0.05
    family.case("draw_many", {"x": pictures(12, 1, 30, 30, 3), "b": many},
                lambda x, b: raw.DrawBoundingBoxes(images=x, boxes=b), exact=True)
    for count in (0, 2):
        family.case(f"draw_v2_{count}", {"x": pictures(13, 2, 6, 5, 3), "b": frames, "c": pictures(14, count, 3)},
                    lambda x, b, c: raw.DrawBoundingBoxesV2(images=x, boxes=b, colors=c), exact=True)
    random = np.random.RandomState(15)
    corners = random.uniform(0, 1, [40, 2, 2])
    candidates = np.concatenate([corners[:, 0], corners[:, 1]], 1).astype(np.float32)
    scores = np.round(random.uniform(0, 1, 40), 1).astype(np.float32)
    feeds = {"b": candidates, "s": scores}
    family.case("suppression_1", dict(feeds), lambda b, s: raw.NonMaxSuppression(boxes=b, scores=s, max_output_size=12, iou_threshold=0.3))
    family.case("suppression_2", dict(feeds), lambda b, s: raw.NonMaxSuppressionV2(boxes=b, scores=s, max_output_size=50, iou_threshold=0.4))
    family.case("suppression_3", dict(feeds), lambda b, s: raw.NonMaxSuppressionV3(
        boxes=b, scores=s, max_output_size=50, iou_threshold=0.2, score_threshold=0.35))
    for pad in (False, True):
        family.case(f"suppression_4_{pad}", dict(feeds), lambda b, s: raw.NonMaxSuppressionV4(
            boxes=b, scores=s, max_output_size=30, iou_threshold=0.3, score_threshold=0.3, pad_to_max_output_size=pad))
        for sigma in (0.0, 0.5):
            family.case(f"suppression_5_{pad}_{sigma}", dict(feeds), lambda b, s: raw.NonMaxSuppressionV5(
                boxes=b, scores=s, max_output_size=30, iou_threshold=0.6, score_threshold=0.2, soft_nms_sigma=sigma,
                pad_to_max_output_size=pad))
    family.refused("suppression_threshold", dict(feeds, t=np.float32(1.5)), lambda b, s, t: raw.NonMaxSuppressionV3(
        boxes=b, scores=s, max_output_size=5, iou_threshold=t, score_threshold=0.0))
    family.refused("suppression_scores", {"b": candidates, "s": scores[:3]}, lambda b, s: raw.NonMaxSuppressionV3(
        boxes=b, scores=s, max_output_size=5, iou_threshold=0.5, score_threshold=0.0))
    objects = np.array([[[0.25, 0.25, 0.75, 0.5], [0.0, 0.5, 0.5, 1.0]]], np.float32)
    for seed in range(6):
        family.case(f"part_{seed}", {"b": objects}, lambda b: raw.SampleDistortedBoundingBox(
            image_size=np.array([[41, 57, 3], [300, 200, 3], [8, 8, 1]][seed % 3], np.int32), bounding_boxes=b, seed=seed + 1, seed2=7,
            min_object_covered=0.1 + 0.1 * seed, aspect_ratio_range=[0.5, 2.0], area_range=[0.1, 0.9]), runs=3)
    family.case("part_v2", {"b": objects}, lambda b: raw.SampleDistortedBoundingBoxV2(
        image_size=np.array([100, 90, 3], np.int64), bounding_boxes=b, min_object_covered=0.95, seed=3, seed2=4,
        aspect_ratio_range=[0.9, 1.1], area_range=[0.01, 1.0], max_attempts=5), runs=4)
    family.case("part_no_boxes", {"b": objects[:, :0]}, lambda b: raw.SampleDistortedBoundingBoxV2(
        image_size=np.array([100, 90, 3], np.int32), bounding_boxes=b, min_object_covered=0.5, seed=3, seed2=4,
        use_image_if_no_bounding_boxes=True), runs=2)
    family.refused("part_needs_boxes", {"b": objects[:, :0]}, lambda b: raw.SampleDistortedBoundingBoxV2(
        image_size=np.array([100, 90, 3], np.int32), bounding_boxes=b, min_object_covered=0.5, seed=3, seed2=4))


def record(family):
    for part in (colours, crops, glimpses, patches, sizes, boxes):
        part(family)
