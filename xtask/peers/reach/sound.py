"""Sound: WAV files, spectrograms, cepstra."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    sound = np.random.RandomState(1).uniform(-1.2, 1.2, [50, 2]).astype(np.float32)
    sound[:4, 0] = [1.0, -1.0, 0.5 / 32768, -0.5 / 32768]

    def file(x, rate=16000):
        return raw.EncodeWav(audio=x, sample_rate=rate)

    for channels in (1, 2):
        # What is written into a string of a case is text, so bytes are compared as numbers.
        family.case(f"encoded_{channels}", {"x": sound[:, :channels].copy()}, lambda x: tf.io.decode_raw(
            input_bytes=file(x), out_type=tf.uint8))
        for wanted in (-1, 1, 2):
            for samples in (-1, 20, 70):
                if wanted > channels:
                    continue
                family.case(f"decoded_{channels}_{wanted}_{samples}".replace("-", "m"), {"x": sound[:, :channels].copy()},
                            lambda x: list(raw.DecodeWav(contents=file(x), desired_channels=wanted, desired_samples=samples)))
    family.refused("no_file", {"x": np.array("RIFFxxxxWAVE", object)}, lambda x: raw.DecodeWav(contents=x)[0])
    for window, stride in ((16, 8), (20, 7), (50, 1), (51, 3), (2, 5)):
        for squared in (False, True):
            family.case(f"spectrogram_{window}_{stride}_{squared}", {"x": sound}, lambda x: raw.AudioSpectrogram(
                input=x, window_size=window, stride=stride, magnitude_squared=squared), tolerance=100.0)
    spectrum = np.abs(np.random.RandomState(2).uniform(0.0, 3.0, [2, 3, 65])).astype(np.float32)
    spectrum[0, 0] = 0.0
    for rate in (8000, 16000, 44100):
        family.case(f"cepstrum_{rate}", {"x": spectrum}, lambda x: raw.Mfcc(spectrogram=x, sample_rate=rate), tolerance=100.0)
        family.case(f"cepstrum_few_{rate}", {"x": spectrum}, lambda x: raw.Mfcc(
            spectrogram=x, sample_rate=rate, upper_frequency_limit=3000.0, lower_frequency_limit=300.0,
            filterbank_channel_count=12, dct_coefficient_count=12), tolerance=100.0)
