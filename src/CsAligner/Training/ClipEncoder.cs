using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Models;
using CsAligner.Models.Lora;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tokenizers;

namespace CsAligner.Training;

/// <summary>A tower of a CLIP with LoRA, and the inputs that it encodes again in every step.</summary>
public sealed class ClipEncoder : ITrainableEncoder
{
    private readonly ClipModel _model;
    private readonly TokenBatch? _texts;
    private readonly ImagePreprocessing? _preprocessing;
    private readonly ImageReader? _images;
    private readonly string _inputs;

    /// <summary>The text tower.</summary>
    /// <param name="model">The model that LoRA was attached to.</param>
    /// <param name="lora">LoRA in its text tower; it trains from now on.</param>
    /// <param name="texts">The texts, by the model's tokenizer.</param>
    public ClipEncoder(ClipModel model, ClipLora lora, TokenBatch texts)
        : this(model, lora, ClipTower.Text)
    {
        ArgumentNullException.ThrowIfNull(texts);
        (_texts, Count) = (texts, texts.Count);
        _inputs = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(texts.Ids)));
    }

    /// <summary>The vision tower.</summary>
    /// <param name="model">The model that LoRA was attached to.</param>
    /// <param name="lora">LoRA in its vision tower; it trains from now on.</param>
    /// <param name="preprocessing">How images are prepared.</param>
    /// <param name="count">How many images there are.</param>
    /// <param name="images">Reads image i, in any order, of the model's size.</param>
    /// <param name="name">The identity of the images, to distinguish runs.</param>
    public ClipEncoder(ClipModel model, ClipLora lora, ImagePreprocessing preprocessing, int count, ImageReader images, string name)
        : this(model, lora, ClipTower.Image)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentNullException.ThrowIfNull(images);
        (_preprocessing, Count, _images, _inputs) = (preprocessing, count, images, $"{name} {count}");
    }

    private ClipEncoder(ClipModel model, ClipLora lora, ClipTower tower)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(lora);
        if (lora.Options?.Tower != tower)
            throw new ArgumentException($"LoRA has modules outside the {tower} tower.", nameof(lora));
        (_model, Lora, _inputs) = (model, lora, "");
        lora.RequireGrad(true);
    }

    /// <summary>What trains.</summary>
    public ClipLora Lora { get; }

    /// <inheritdoc/>
    public int Width => _model.Config.ProjectionWidth;

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, Tensor Values)> Parameters => Lora.Tensors;

    /// <inheritdoc/>
    public string Fingerprint => string.Create(CultureInfo.InvariantCulture, $"{Lora.Options} {_model.ParameterCount} {_inputs}");

    /// <inheritdoc/>
    public int TokenCount(int sample) => _texts == null ? _model.Config.VisionTokens - 1 : Math.Max(1, _texts.Lengths[sample] - 2);

    /// <inheritdoc/>
    public Tensor Encode(Tape tape, ReadOnlySpan<int> samples, bool tokens)
    {
        ArgumentNullException.ThrowIfNull(tape);
        if (!tokens) return tape.Normalize(_texts == null
            ? _model.Vision.Encode(tape, Pixels(samples))
            : _model.Text.Encode(tape, _texts.Take(samples)));
        var made = _texts == null
            ? _model.Vision.EncodeTokens(tape, Pixels(samples))
            : _model.Text.EncodeTokens(tape, _texts.Take(samples));
        var order = new int[samples.Length + made.Offsets[^1]];
        int at = 0;
        for (int i = 0; i < samples.Length; i++)
        {
            order[at++] = i;
            for (int t = made.Offsets[i]; t < made.Offsets[i + 1]; t++) order[at++] = samples.Length + t;
        }

        return tape.Gather(tape.Concat(0, made.Pooled, made.Tokens), order);
    }

    private Tensor Pixels(ReadOnlySpan<int> samples)
    {
        int side = _preprocessing!.ImageSize, bytes = 3 * side * side;
        var rgb = new byte[checked(samples.Length * bytes)];
        for (int i = 0; i < samples.Length; i++) _images!(samples[i], rgb.AsSpan(i * bytes, bytes));
        var pixels = new Tensor(samples.Length, 3, side, side);
        _preprocessing.Normalize(rgb, pixels);
        return pixels;
    }
}
