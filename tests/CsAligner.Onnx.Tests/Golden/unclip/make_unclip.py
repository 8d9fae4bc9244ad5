"""Tiny decoders with the inputs and outputs of Kandinsky 2.2, Karlo and Stable unCLIP, and what NumPy and PyTorch make with them.

Run with Debian's python3-torch and python3-onnx: /usr/bin/python3 make_unclip.py
It writes beside itself:
  schedulers/NAME.json   scheduler_config.json files
  schedulers.json        times and one run of each scheduler, by NumPy in float64 (written from the papers' formulas, not from C#)
  kandinsky22, karlo, stable-unclip   folders as tools/export-unclip.py writes them, embedding.npy, noise.npy (all noise of a run, in
                         the order of use) and picture.npy: the pixels that this script's own loop makes in PyTorch
"""
import hashlib
import json
import math
import os

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, SIZE = 12, 8

KANDINSKY = dict(_class_name="DDPMScheduler", num_train_timesteps=1000, beta_schedule="linear", beta_start=0.00085, beta_end=0.012,
                 prediction_type="epsilon", variance_type="learned_range", clip_sample=True, clip_sample_range=2.0, thresholding=True,
                 dynamic_thresholding_ratio=0.995, sample_max_value=2.0, steps_offset=1, timestep_spacing="leading")
KARLO = dict(_class_name="UnCLIPScheduler", num_train_timesteps=1000, prediction_type="epsilon", variance_type="learned_range",
             clip_sample=True, clip_sample_range=1.0)
STABLE = dict(_class_name="DDIMScheduler", num_train_timesteps=1000, beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012,
              prediction_type="v_prediction", clip_sample=False, set_alpha_to_one=False, steps_offset=1)
NOISING = dict(_class_name="DDPMScheduler", num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2")
SCHEDULERS = {
    "kandinsky": KANDINSKY,
    "karlo": KARLO,
    "karlo-second": dict(KARLO, variance_type="fixed_small_log"),
    "karlo-sample": dict(KARLO, variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0),
    "stable": STABLE,
    "ddim-epsilon": dict(STABLE, prediction_type="epsilon", set_alpha_to_one=True, timestep_spacing="trailing", clip_sample=True),
    "ddim-sample": dict(STABLE, prediction_type="sample", timestep_spacing="linspace"),
    "ddpm-large": dict(_class_name="DDPMScheduler", beta_schedule="linear", variance_type="fixed_large", prediction_type="v_prediction"),
}


def alphas_bar(c):
    n = c.get("num_train_timesteps", 1000)
    kind = c.get("beta_schedule", "squaredcos_cap_v2" if c["_class_name"] == "UnCLIPScheduler" else "linear")
    low, high = c.get("beta_start", 1e-4), c.get("beta_end", 0.02)
    if kind == "linear":
        betas = np.linspace(low, high, n)
    elif kind == "scaled_linear":
        betas = np.linspace(math.sqrt(low), math.sqrt(high), n) ** 2
    else:
        f = np.cos((np.arange(n + 1) / n + 0.008) / 1.008 * np.pi / 2) ** 2
        betas = np.minimum(1 - f[1:] / f[:-1], 0.999)
    return np.cumprod(1 - betas)


def times(c, steps):
    n = c.get("num_train_timesteps", 1000)
    if c["_class_name"] == "UnCLIPScheduler" or c.get("timestep_spacing") == "linspace":
        return np.linspace(0, n - 1, steps).round()[::-1].astype(int)
    if c.get("timestep_spacing") == "trailing":
        return np.round(np.arange(n, 0, -n / steps)).astype(int) - 1
    return np.arange(steps)[::-1] * (n // steps) + c.get("steps_offset", 0)


def step(c, ts, i, x, prediction, variance, noise):
    bars, t = alphas_bar(c), ts[i]
    ddim = c["_class_name"] == "DDIMScheduler"
    if ddim:
        after = t - c.get("num_train_timesteps", 1000) // len(ts)
        a_next = bars[after] if after >= 0 else (1.0 if c.get("set_alpha_to_one", True) else bars[0])
    else:
        a_next = bars[ts[i + 1]] if i + 1 < len(ts) else 1.0
    a = bars[t]
    kind = c.get("prediction_type", "epsilon")
    if kind == "epsilon":
        clean, eps = (x - np.sqrt(1 - a) * prediction) / np.sqrt(a), prediction
    elif kind == "sample":
        clean, eps = prediction, (x - np.sqrt(a) * prediction) / np.sqrt(1 - a)
    else:
        clean, eps = np.sqrt(a) * x - np.sqrt(1 - a) * prediction, np.sqrt(a) * prediction + np.sqrt(1 - a) * x
    if c.get("thresholding"):
        s = np.clip(np.quantile(np.abs(clean), c["dynamic_thresholding_ratio"]), 1, c["sample_max_value"])
        clean = np.clip(clean, -s, s) / s
    elif c.get("clip_sample", True):
        clean = np.clip(clean, -c.get("clip_sample_range", 1.0), c.get("clip_sample_range", 1.0))
    if ddim:
        return np.sqrt(a_next) * clean + np.sqrt(1 - a_next) * eps
    beta = 1 - a / a_next
    mean = np.sqrt(a_next) * beta / (1 - a) * clean + np.sqrt(1 - beta) * (1 - a_next) / (1 - a) * x
    if t == 0:
        return mean
    small = max((1 - a_next) / (1 - a) * beta, 1e-20)
    kind = c.get("variance_type", "fixed_small")
    if kind == "learned_range":
        share = (variance + 1) / 2
        deviation = np.exp(0.5 * (share * np.log(beta) + (1 - share) * np.log(small)))
    else:
        deviation = np.sqrt(beta if kind == "fixed_large" else small)
    return mean + deviation * noise


class UNet(nn.Module):
    """Two convolutions; time and embedding enter in between."""

    def __init__(self, channels, out, width, states=0):
        super().__init__()
        self.a, self.b = nn.Conv2d(channels, 8, 3, padding=1), nn.Conv2d(8, out, 3, padding=1)
        self.e, self.s = nn.Linear(width, 8), nn.Linear(states, 8) if states else None

    def forward(self, sample, timestep, image_embeds=None, encoder_hidden_states=None):
        shift = torch.cos(timestep[:, None] * (torch.arange(8) + 1) / 300)
        if image_embeds is not None:
            shift = shift + self.e(image_embeds)
        if encoder_hidden_states is not None:
            shift = shift + self.s(encoder_hidden_states).mean(1)
        return self.b(torch.tanh(self.a(sample) + shift[:, :, None, None]))


class MoVQ(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, latent):
        return F.interpolate(torch.tanh(self.c(latent)), scale_factor=2.0, mode="nearest")


def save(folder, name, value):
    np.save(os.path.join(folder, name), np.asarray(value, np.float32))


def export(module, inputs, names, folder, name, output):
    path = os.path.join(folder, name)
    torch.onnx.export(module.eval(), inputs, path, input_names=names, output_names=[output], opset_version=14,
                      dynamic_axes={n: {0: "batch"} for n in names + [output]})
    model = onnx.load(path)
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, path)


def finish(folder, about):
    files = {}
    for name in sorted(os.listdir(folder)):
        if name not in ("unclip.json", "embedding.npy", "noise.npy", "picture.npy"):
            data = open(os.path.join(folder, name), "rb").read()
            files[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    json.dump(dict(about, files=files), open(os.path.join(folder, "unclip.json"), "w"), indent=1)


def sampled(c, steps, x, noise, predict):
    ts = times(c, steps)
    for i, t in enumerate(ts):
        prediction, variance = predict(x, t, i)
        x = step(c, ts, i, x, prediction, variance, noise() if t > 0 and c["_class_name"] != "DDIMScheduler" else None)
    return x


def guided(unet, channels, embeds, guidance, **constants):
    def predict(x, t, _):
        both = torch.tensor(np.concatenate([x, x]), dtype=torch.float32)
        with torch.no_grad():
            out = unet(both, torch.full((2,), float(t)), torch.tensor(embeds, dtype=torch.float32), **constants).double().numpy()
        plain, with_it = out[:1, :channels], out[1:, :channels]
        return plain + guidance * (with_it - plain), out[1:, channels:]
    return predict


def main():
    torch.manual_seed(7)
    rng = np.random.default_rng(7)
    os.makedirs(os.path.join(HERE, "schedulers"), exist_ok=True)
    golden = {}
    for name, c in SCHEDULERS.items():
        json.dump(c, open(os.path.join(HERE, "schedulers", name + ".json"), "w"), indent=1)
        x, ts = rng.standard_normal(16).astype(np.float32), times(c, 6)
        run = {"times": ts.tolist(), "times50": times(c, 50).tolist(), "start": x.tolist(), "steps": []}
        x = x.astype(np.float64)
        for i in range(6):
            parts = [rng.standard_normal(16).astype(np.float32) for _ in range(3)]
            parts[1] = np.tanh(parts[1])
            x = step(c, ts, i, x, *[p.astype(np.float64) for p in parts])
            run["steps"].append(dict(zip(("prediction", "variance", "noise"), [p.tolist() for p in parts]), after=x.tolist()))
        golden[name] = run
    json.dump(golden, open(os.path.join(HERE, "schedulers.json"), "w"))

    for kind in ("kandinsky22", "karlo", "stable-unclip"):
        folder = os.path.join(HERE, kind)
        os.makedirs(folder, exist_ok=True)
        norm, guidance, steps = 3.5, 4.0, 5
        row = rng.standard_normal((1, WIDTH)).astype(np.float32)
        e = row.astype(np.float64) * norm / np.linalg.norm(row.astype(np.float64))
        drawn = []

        def noise(*shape):
            drawn.append(rng.standard_normal(shape).astype(np.float32))
            return drawn[-1].astype(np.float64)

        about = dict(format=1, kind=kind, model="a tiny CLIP of the tests", embedding_size=WIDTH, embedding_norm=norm, sample_size=SIZE,
                     image_size=2 * SIZE, steps=steps, guidance=guidance, scheduler="scheduler_config.json", unet="unet.onnx")
        negative, states = rng.standard_normal((1, WIDTH)).astype(np.float32), torch.randn(1, 5, 6)
        c = dict(kandinsky22=KANDINSKY, karlo=KARLO).get(kind, STABLE)
        json.dump(c, open(os.path.join(folder, "scheduler_config.json"), "w"), indent=1)
        channels = 3 if kind == "karlo" else 4
        x = torch.randn(1, channels, SIZE, SIZE)
        about["sample_channels"] = channels
        names = ["sample", "timestep", "image_embeds"]
        if kind != "kandinsky22":
            names.append("encoder_hidden_states")
            save(folder, "encoder_hidden_states.npy", states)
            about["constants"] = {"encoder_hidden_states": "encoder_hidden_states.npy"}
        constants = {} if kind == "kandinsky22" else {"encoder_hidden_states": states.expand(2, -1, -1)}
        width = 2 * WIDTH if kind == "stable-unclip" else WIDTH
        unet = UNet(channels, 4 if kind == "stable-unclip" else 2 * channels, width, 0 if kind == "kandinsky22" else 6)
        export(unet, (x, torch.ones(1), torch.randn(1, width)) + ((states,) if constants else ()), names, folder, "unet.onnx", "out_sample")
        if kind == "stable-unclip":
            mean, std, level = rng.standard_normal(WIDTH), rng.uniform(0.5, 2, WIDTH), 20
            mean, std = mean.astype(np.float32), std.astype(np.float32)
            save(folder, "mean.npy", mean)
            save(folder, "std.npy", std)
            json.dump(NOISING, open(os.path.join(folder, "noising_config.json"), "w"), indent=1)
            about["noising"] = dict(scheduler="noising_config.json", mean="mean.npy", std="std.npy", level=level)
            a = alphas_bar(NOISING)[level]
            e = (np.sqrt(a) * (e - mean) / std + np.sqrt(1 - a) * noise(1, WIDTH)) * std + mean
            angles = level * np.exp(-math.log(10000) * np.arange(WIDTH // 2) / (WIDTH // 2))
            e = np.concatenate([e, np.cos(angles)[None], np.sin(angles)[None]], axis=1)
            negative = np.zeros_like(e)
        else:
            save(folder, "negative_image_embeds.npy", negative)
            about["negative"] = "negative_image_embeds.npy"
        shape = (1, channels, SIZE, SIZE)
        x = sampled(c, steps, noise(*shape), lambda: noise(*shape), guided(unet, channels, np.concatenate([negative, e]), guidance, **constants))
        if kind == "karlo":
            second, last = UNet(6, 3, 1), UNet(6, 3, 1)
            c = SCHEDULERS["karlo-second"]
            json.dump(c, open(os.path.join(folder, "super_res_config.json"), "w"), indent=1)
            big = torch.randn(1, 6, 2 * SIZE, 2 * SIZE)
            export(second, (big, torch.ones(1)), ["sample", "timestep"], folder, "super_res.onnx", "out_sample")
            export(last, (big, torch.ones(1)), ["sample", "timestep"], folder, "super_res_last.onnx", "out_sample")
            about["super_resolution"] = dict(unet="super_res.onnx", last="super_res_last.onnx", scheduler="super_res_config.json", steps=3)
            wide = F.interpolate(torch.tensor(x), size=(2 * SIZE, 2 * SIZE), mode="bicubic", align_corners=False, antialias=True)

            def predict(x, t, i):
                with torch.no_grad():
                    both = torch.cat([torch.tensor(x), wide], 1).float()
                    return (last if i == 2 else second)(both, torch.full((1,), float(t))).double().numpy(), None

            shape = (1, 3, 2 * SIZE, 2 * SIZE)
            x = sampled(c, 3, noise(*shape), lambda: noise(*shape), predict)
        else:
            movq = MoVQ()
            about.update(decoder="decoder.onnx", latent_scale=1.0 if kind == "kandinsky22" else 0.18215)
            export(movq, (torch.randn(1, 4, SIZE, SIZE),), ["latent"], folder, "decoder.onnx", "picture")
            with torch.no_grad():
                x = movq(torch.tensor(x / about["latent_scale"], dtype=torch.float32)).numpy()
        save(folder, "embedding.npy", row)
        save(folder, "noise.npy", np.concatenate([n.ravel() for n in drawn]))
        save(folder, "picture.npy", x)
        finish(folder, about)


main()
