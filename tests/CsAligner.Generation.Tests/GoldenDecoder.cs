using CsAligner.Generation.Decoders;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tests;

namespace CsAligner.Generation.Tests;

/// <summary>The tiny decoder of Golden/decoder, and what went through it.</summary>
internal sealed class GoldenDecoder
{
    public GoldenDecoder()
    {
        Decoder = DiffusionDecoder.Create(
            DecoderConfig.Read(Path.Combine(AppContext.BaseDirectory, "Golden", "decoder", "config.json")),
            new RandomGenerator(0));
        foreach (var (name, values) in Decoder.NamedTensors) File.Floats("weights." + name).CopyTo(values.Span);
        Decoder.RequireGrad(false);
    }

    public GoldenFile File { get; } = new("decoder/golden.safetensors");

    public DiffusionDecoder Decoder { get; }

    public Tensor Tensor(string name) => Tensors.Tensor.From(File.Floats(name), File.Shape(name));

    /// <summary>The prediction from z; the row that was dropped has no condition.</summary>
    public Tensor Predict(Tape tape, Tensor condition, DiffusionDecoder? by = null)
    {
        float[] dropped = File.Floats("dropped");
        int[] rows = [.. dropped.Select((d, b) => d != 0 ? DiffusionDecoder.Unconditional : b)];
        return (by ?? Decoder).Predict(tape, Tensor("z"), File.Floats("t"), condition, rows);
    }
}
