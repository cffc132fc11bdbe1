"""Cells of recurrent networks as one op, and what flows back through them."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops


def record(family):
    batch, inputs, cells, frames = 2, 3, 4, 5
    drawn = np.random.RandomState(5)

    def draw(*shape, dtype=np.float32):
        return drawn.uniform(-1.0, 1.0, shape).astype(dtype)

    def weights(dtype=np.float32):
        return {"c": draw(batch, cells, dtype=dtype), "h": draw(batch, cells, dtype=dtype),
                "w": draw(inputs + cells, 4 * cells, dtype=dtype), "wci": draw(cells, dtype=dtype),
                "wcf": draw(cells, dtype=dtype), "wco": draw(cells, dtype=dtype), "b": draw(4 * cells, dtype=dtype)}

    for dtype in (np.float32, np.float16):
        name = np.dtype(dtype).name
        # TensorFlow rounds to float16 after every step.
        tolerance = 10.0 if dtype == np.float32 else 5.0
        for peephole in (False, True):
            for clip in (-1.0, 0.3):
                feeds = {"x": draw(batch, inputs, dtype=dtype), **weights(dtype)}
                gradients = {key: draw(batch, cells, dtype=dtype) for key in ("dc", "dh")}

                def cell(x, c, h, w, wci, wcf, wco, b, dc, dh):
                    y = raw.LSTMBlockCell(x=x, cs_prev=c, h_prev=h, w=w, wci=wci, wcf=wcf, wco=wco, b=b, forget_bias=0.5,
                                          cell_clip=clip, use_peephole=peephole)
                    back = raw.LSTMBlockCellGrad(
                        x=x, cs_prev=c, h_prev=h, w=w, wci=wci, wcf=wcf, wco=wco, b=b, i=y.i, cs=y.cs, f=y.f, o=y.o, ci=y.ci,
                        co=y.co, cs_grad=dc, h_grad=dh, use_peephole=peephole)
                    # Without peepholes TensorFlow leaves what flows to them as it finds it.
                    return [*y, *(back if peephole else back[:2])]

                family.case(f"lstm_cell_{name}_{peephole}_{clip}", feeds | gradients, cell, tolerance=tolerance)
                for count in (frames, 3, 0):
                    sequence = {"n": np.array(count, np.int64), "x": draw(frames, batch, inputs, dtype=dtype), **weights(dtype)}

                    def block(op):
                        def build(n, x, c, h, w, wci, wcf, wco, b):
                            y = op(seq_len_max=n, x=x, cs_prev=c, h_prev=h, w=w, wci=wci, wcf=wcf, wco=wco, b=b,
                                   cell_clip=clip, use_peephole=peephole)
                            return [y.cs, y.h]
                        return build

                    def back(n, x, c, h, w, wci, wcf, wco, b, dc, dh):
                        y = raw.BlockLSTMV2(seq_len_max=n, x=x, cs_prev=c, h_prev=h, w=w, wci=wci, wcf=wcf, wco=wco, b=b,
                                            cell_clip=clip, use_peephole=peephole)
                        all_back = raw.BlockLSTMGradV2(
                            seq_len_max=n, x=x, cs_prev=c, h_prev=h, w=w, wci=wci, wcf=wcf, wco=wco, b=b, i=y.i, cs=y.cs, f=y.f,
                            o=y.o, ci=y.ci, co=y.co, h=y.h, cs_grad=dc, h_grad=dh, use_peephole=peephole)
                        return list(all_back) if peephole else [*all_back[:4], all_back[7]]

                    if count > 0 and dtype == np.float32:
                        gradients = {key: draw(frames, batch, cells) for key in ("dc", "dh")}
                        family.case(f"block_lstm_back_{name}_{peephole}_{clip}_{count}", sequence | gradients, back, tolerance=tolerance)
                    for version, op in ((1, raw.BlockLSTM), (2, raw.BlockLSTMV2)):
                        wrt = ["x", "c", "h", "w", "b"] + (["wci", "wcf", "wco"] if peephole else [])
                        # TensorFlow does not write what flows back where no frame counts, and takes the gates of version 2
                        # for those of version 1.
                        wrt = [] if dtype == np.float16 or count == 0 or version == 2 else wrt
                        family.case(f"block_lstm_{version}_{name}_{peephole}_{clip}_{count}", dict(sequence), block(op), wrt=wrt,
                                    tolerance=tolerance)
    feeds = {"x": draw(batch, inputs), "h": draw(batch, cells), "w_ru": draw(inputs + cells, 2 * cells),
             "w_c": draw(inputs + cells, cells), "b_ru": draw(2 * cells), "b_c": draw(cells), "dh": draw(batch, cells)}

    def gru(x, h, w_ru, w_c, b_ru, b_c, dh):
        y = raw.GRUBlockCell(x=x, h_prev=h, w_ru=w_ru, w_c=w_c, b_ru=b_ru, b_c=b_c)
        back = raw.GRUBlockCellGrad(x=x, h_prev=h, w_ru=w_ru, w_c=w_c, b_ru=b_ru, b_c=b_c, r=y.r, u=y.u, c=y.c, d_h=dh)
        return [*y, *back]

    family.case("gru_cell", feeds, gru, tolerance=10.0)
