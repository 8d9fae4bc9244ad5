#!/usr/bin/env python3
"""Exports a decoder of image embeddings to ONNX, for csalign generate --decoder.

Run it once, where the weights are; it needs torch, diffusers, transformers, onnx and numpy:
  python export-unclip.py kandinsky22   WEIGHTS --prior PRIOR --out FOLDER
  python export-unclip.py karlo         WEIGHTS --out FOLDER
  python export-unclip.py stable-unclip WEIGHTS --out FOLDER

WEIGHTS and PRIOR are folders of diffusers pipelines or their names on a hub. PRIOR holds Kandinsky's image encoder. FOLDER then has

  unclip.json                    kind, sizes, steps, guidance, length of embeddings; bytes and SHA-256 of every file below
  unet.onnx (+ unet.data)        unet(sample, timestep, image_embeds, ...) -> out_sample
  scheduler_config.json
  decoder.onnx (+ decoder.data)  latent -> picture                        (kandinsky22, stable-unclip)
  negative_image_embeds.npy      what guidance leads away from            (kandinsky22, karlo)
  encoder_hidden_states.npy      text states of the empty prompt          (karlo, stable-unclip)
  text_embeds.npy, text_mask.npy the empty prompt's embedding and mask    (karlo)
  super_res.onnx, super_res_last.onnx, super_res_config.json              (karlo, without --no-super-resolution)
  mean.npy, std.npy, noising_config.json                                  (stable-unclip)
"""
import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile

import numpy as np

PARTS = {
    "kandinsky22": ["unet", "movq", "scheduler"],
    "karlo": ["decoder", "text_proj", "text_encoder", "tokenizer", "image_encoder", "feature_extractor", "decoder_scheduler"],
    "stable-unclip": ["unet", "vae", "scheduler", "text_encoder", "tokenizer", "image_encoder", "feature_extractor", "image_normalizer",
                      "image_noising_scheduler"],
}
STEPS = {"kandinsky22": (50, 4.0), "karlo": (25, 8.0), "stable-unclip": (25, 10.0)}
OPSET = 17


def fail(text):
    sys.exit("export-unclip: " + text)


def save(folder, name, tensor):
    np.save(os.path.join(folder, name), tensor.detach().float().cpu().numpy())
    return name


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
    return name


def export(module, inputs, names, folder, name, output):
    """One graph, and its weights in one file beside it: the format allows no more than 2 GB in one file."""
    import onnx
    import torch
    print("exporting", name, flush=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = os.path.join(scratch, "model.onnx")
        with torch.no_grad():
            torch.onnx.export(module.eval(), inputs, path, input_names=names, output_names=[output], opset_version=OPSET,
                              dynamic_axes={n: {0: "batch"} for n in [*names, output]})
        model = onnx.load(path)
        onnx.save(model, os.path.join(folder, name), save_as_external_data=True, all_tensors_to_one_file=True,
                  location=name.replace(".onnx", ".data"), size_threshold=1024)
    return name


def scheduler(folder, name, found, wanted=None):
    """Its configuration; wanted names a class that runs with the same file where the found one is not supported."""
    config = {key: value for key, value in dict(found.config).items() if not key.startswith("_")}
    config["_class_name"] = wanted or type(found).__name__
    return write_json(folder, name, config)


def embedding_norm(encoder, processor, pictures):
    """The mean length of image embeddings: of the user's pictures, or of noise if there are none."""
    import torch
    from PIL import Image
    if pictures:
        paths = sorted(os.path.join(pictures, p) for p in os.listdir(pictures) if p.lower().endswith((".png", ".jpg", ".jpeg", ".webp")))
        images = [Image.open(p).convert("RGB") for p in paths[:64]]
        if not images:
            fail(f"{pictures}: there are no PNG, JPEG or WebP pictures in it; give a folder that has some")
    else:
        random = np.random.default_rng(0)
        images = [Image.fromarray(random.integers(0, 256, (7, 7, 3), np.uint8)).resize((256, 256), Image.BICUBIC) for _ in range(16)]
        print("note: the length of embeddings is measured on coloured noise; --pictures FOLDER measures it on pictures of yours")
    lengths = []
    with torch.no_grad():
        for image in images:
            pixels = processor(images=image, return_tensors="pt").pixel_values.to(encoder.dtype)
            lengths.append(encoder(pixels).image_embeds.float().norm().item())
    print(f"image embeddings: length {np.mean(lengths):.3f}, standard deviation {np.std(lengths):.3f} over {len(lengths)} pictures")
    return float(np.mean(lengths))


def empty_prompt(pipe, length):
    import torch
    tokens = pipe.tokenizer("", padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    with torch.no_grad():
        return tokens, pipe.text_encoder(tokens.input_ids)


def kandinsky22(args, folder, dtype):
    import torch
    from diffusers import KandinskyV22Pipeline
    from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection
    if not args.prior:
        fail("kandinsky22 needs --prior, the pipeline that holds its image encoder (kandinsky-2-2-prior)")
    pipe = KandinskyV22Pipeline.from_pretrained(args.weights, torch_dtype=dtype)
    encoder = CLIPVisionModelWithProjection.from_pretrained(args.prior, subfolder="image_encoder")
    processor = CLIPImageProcessor.from_pretrained(args.prior, subfolder="image_processor")
    width, size = encoder.config.projection_dim, 64

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unet = pipe.unet

        def forward(self, sample, timestep, image_embeds):
            return self.unet(sample=sample, timestep=timestep, encoder_hidden_states=None,
                             added_cond_kwargs={"image_embeds": image_embeds}, return_dict=False)[0]

    class Movq(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.movq = pipe.movq

        def forward(self, latent):
            return self.movq.decode(latent, force_not_quantize=True).sample

    latent = torch.randn(1, 4, size, size, dtype=dtype)
    unet = export(Wrapped(), (latent, torch.ones(1, dtype=dtype), torch.randn(1, width, dtype=dtype)),
                  ["sample", "timestep", "image_embeds"], folder, "unet.onnx", "out_sample")
    # The prior encodes a tensor of zeros, not a picture that is prepared.
    pixels = torch.zeros(1, 3, encoder.config.image_size, encoder.config.image_size)
    with torch.no_grad():
        negative = encoder(pixels).image_embeds
    return dict(embedding_size=width, embedding_norm=embedding_norm(encoder, processor, args.pictures), sample_channels=4,
                sample_size=size, image_size=8 * size, unet=unet, scheduler=scheduler(folder, "scheduler_config.json", pipe.scheduler),
                negative=save(folder, "negative_image_embeds.npy", negative), latent_scale=1.0,
                decoder=export(Movq(), (latent,), ["latent"], folder, "decoder.onnx", "picture"))


def karlo(args, folder, dtype):
    import torch
    from diffusers import UnCLIPImageVariationPipeline
    pipe = UnCLIPImageVariationPipeline.from_pretrained(args.weights, torch_dtype=dtype)
    tokens, text = empty_prompt(pipe, pipe.tokenizer.model_max_length)
    width, size = pipe.image_encoder.config.projection_dim, pipe.decoder.config.sample_size

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.decoder, self.project = pipe.decoder, pipe.text_proj

        def forward(self, sample, timestep, image_embeds, encoder_hidden_states, text_embeds, text_mask):
            states, added = self.project(image_embeddings=image_embeds, text_embeddings=text_embeds,
                                         text_encoder_hidden_states=encoder_hidden_states, do_classifier_free_guidance=False)
            extra = torch.ones_like(text_mask[:, :1]).repeat(1, self.project.clip_extra_context_tokens)
            mask = torch.cat([extra, text_mask], 1) > 0.5
            return self.decoder(sample=sample, timestep=timestep, encoder_hidden_states=states, class_labels=added,
                                attention_mask=mask).sample

    class SuperResolution(torch.nn.Module):
        def __init__(self, unet):
            super().__init__()
            self.unet = unet

        def forward(self, sample, timestep):
            return self.unet(sample=sample, timestep=timestep).sample

    states, embeds, mask = text.last_hidden_state, text.text_embeds, tokens.attention_mask.to(dtype)
    unet = export(Wrapped(), (torch.randn(1, 3, size, size, dtype=dtype), torch.ones(1, dtype=dtype), torch.randn(1, width, dtype=dtype),
                              states, embeds, mask),
                  ["sample", "timestep", "image_embeds", "encoder_hidden_states", "text_embeds", "text_mask"], folder, "unet.onnx",
                  "out_sample")
    about = dict(embedding_size=width, embedding_norm=embedding_norm(pipe.image_encoder, pipe.feature_extractor, args.pictures),
                 sample_channels=3, sample_size=size, image_size=size, unet=unet,
                 scheduler=scheduler(folder, "scheduler_config.json", pipe.decoder_scheduler),
                 negative=save(folder, "negative_image_embeds.npy", pipe.text_proj.learned_classifier_free_guidance_embeddings[None]),
                 constants={"encoder_hidden_states": save(folder, "encoder_hidden_states.npy", states),
                            "text_embeds": save(folder, "text_embeds.npy", embeds), "text_mask": save(folder, "text_mask.npy", mask)})
    if not args.no_super_resolution:
        large = pipe.super_res_first.config.sample_size
        inputs = (torch.randn(1, 6, large, large, dtype=dtype), torch.ones(1, dtype=dtype))
        about.update(image_size=large, super_resolution=dict(
            unet=export(SuperResolution(pipe.super_res_first), inputs, ["sample", "timestep"], folder, "super_res.onnx", "out_sample"),
            last=export(SuperResolution(pipe.super_res_last), inputs, ["sample", "timestep"], folder, "super_res_last.onnx", "out_sample"),
            scheduler=scheduler(folder, "super_res_config.json", pipe.super_res_scheduler), steps=7))
    return about


def stable_unclip(args, folder, dtype):
    import torch
    from diffusers import DDIMScheduler, StableUnCLIPImg2ImgPipeline
    pipe = StableUnCLIPImg2ImgPipeline.from_pretrained(args.weights, torch_dtype=dtype)
    _, text = empty_prompt(pipe, pipe.tokenizer.model_max_length)
    width, size = pipe.image_encoder.config.projection_dim, pipe.unet.config.sample_size

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.unet = pipe.unet

        def forward(self, sample, timestep, image_embeds, encoder_hidden_states):
            return self.unet(sample, timestep, encoder_hidden_states=encoder_hidden_states, class_labels=image_embeds).sample

    class Vae(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.vae = pipe.vae

        def forward(self, latent):
            return self.vae.decode(latent).sample

    states, latent = text[0], torch.randn(1, 4, size, size, dtype=dtype)
    unet = export(Wrapped(), (latent, torch.ones(1, dtype=dtype), torch.randn(1, 2 * width, dtype=dtype), states),
                  ["sample", "timestep", "image_embeds", "encoder_hidden_states"], folder, "unet.onnx", "out_sample")
    noising = scheduler(folder, "noising_config.json", pipe.image_noising_scheduler)
    return dict(embedding_size=width, embedding_norm=embedding_norm(pipe.image_encoder, pipe.feature_extractor, args.pictures),
                sample_channels=4, sample_size=size, image_size=8 * size, unet=unet,
                # PNDM's file, where it is one, has all that DDIM reads.
                scheduler=scheduler(folder, "scheduler_config.json", DDIMScheduler.from_config(pipe.scheduler.config)),
                constants={"encoder_hidden_states": save(folder, "encoder_hidden_states.npy", states)},
                noising=dict(scheduler=noising, level=args.noise_level, mean=save(folder, "mean.npy", pipe.image_normalizer.mean),
                             std=save(folder, "std.npy", pipe.image_normalizer.std)),
                latent_scale=pipe.vae.config.scaling_factor,
                decoder=export(Vae(), (latent,), ["latent"], folder, "decoder.onnx", "picture"))


def main():
    parser = argparse.ArgumentParser(description="Exports a decoder of image embeddings for csalign generate --decoder.")
    parser.add_argument("kind", choices=sorted(PARTS))
    parser.add_argument("weights", help="a diffusers pipeline: a folder or a name on a hub")
    parser.add_argument("--prior", help="kandinsky22: the pipeline with the image encoder")
    parser.add_argument("--pictures", help="a folder of pictures; the length of embeddings is measured on the first 64")
    parser.add_argument("--noise-level", type=int, default=0, help="stable-unclip: noise added to embeddings, 0 to 999")
    parser.add_argument("--no-super-resolution", action="store_true", help="karlo: pictures of 64 x 64, in a sixth of the memory")
    parser.add_argument("--float16", action="store_true", help="halve the files; needs a torch that traces half precision")
    parser.add_argument("--out", required=True, help="a folder that does not exist yet")
    args = parser.parse_args()
    if os.path.exists(args.out):
        fail(f"{args.out} exists; give another --out")
    if os.path.isdir(args.weights):
        missing = [part for part in PARTS[args.kind] if not os.path.isdir(os.path.join(args.weights, part))]
        if missing:
            fail(f"{args.weights}: expected a {args.kind} pipeline with {', '.join(PARTS[args.kind])}; it has no {', '.join(missing)}")
    try:
        import torch
        import diffusers
        import onnx  # noqa: F401
    except ImportError as error:
        fail(f"{error}; pip install torch diffusers transformers accelerate onnx pillow")
    folder = args.out + ".part"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    write = {"kandinsky22": kandinsky22, "karlo": karlo, "stable-unclip": stable_unclip}[args.kind]
    about = write(args, folder, torch.float16 if args.float16 else torch.float32)
    files = {}
    for name in sorted(os.listdir(folder)):
        digest = hashlib.sha256()
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
        files[name] = {"bytes": os.path.getsize(path), "sha256": digest.hexdigest()}
    steps, guidance = STEPS[args.kind]
    models = {"kandinsky22": "the image encoder of Kandinsky 2.2's prior (CLIP ViT-bigG/14, 1280 values)",
              "karlo": "CLIP ViT-L/14 (768 values)", "stable-unclip": f"the image encoder of {args.weights}"}
    write_json(folder, "unclip.json", dict(format=1, kind=args.kind, model=models[args.kind], weights=args.weights,
                                           diffusers=diffusers.__version__, steps=steps, guidance=guidance, **about, files=files))
    os.rename(folder, args.out)
    print(f"{args.out}: {len(files)} files, {sum(f['bytes'] for f in files.values()) / 1e9:.1f} GB")


main()
