using CsAligner.Generation.Decoders;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

/// <summary>A decoder that makes noise of embeddings, quickly: 64 x 64 pixels in 16 patches.</summary>
internal static class TinyDecoder
{
    public const int ImageSize = 64;

    /// <summary>Pictures that it makes at once.</summary>
    public const int BatchSize = 64;

    /// <summary>Writes one to a folder. Weights are random, for at its start a decoder predicts nothing but grey.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">The decoder's folder.</param>
    /// <param name="width">Width of its conditions; the model that ships has 192.</param>
    /// <param name="blind">Whether it takes no notice of them.</param>
    public static string Save(TemporaryFolder folder, string name = "decoder", int width = 192, bool blind = false)
    {
        var config = new DecoderConfig
        {
            ImageSize = ImageSize,
            PatchSize = 16,
            HiddenSize = 12,
            IntermediateSize = 24,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            ConditionSize = width,
        };
        var random = new RandomGenerator(5);
        DiffusionDecoder decoder = DiffusionDecoder.Create(config, random);
        foreach (var (tensor, values) in decoder.NamedTensors)
        {
            if (blind && tensor == "condition_embed.weight") values.Span.Clear();
            else Tensor.Normal(random, 0.3f, values.Shape).Span.CopyTo(values.Span);
        }

        decoder.Save(folder[name]);
        return folder[name];
    }
}
