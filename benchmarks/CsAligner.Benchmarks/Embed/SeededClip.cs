using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Embed;

/// <summary>A CLIP of ViT-B/32's sizes with random weights: speed does not ask what a model has learnt,
/// and nothing is downloaded.</summary>
internal static class SeededClip
{
    private const ulong Seed = 32;

    /// <summary>The vision tower is ViT-B/32's; the text tower, which is not measured, is as small as it can be.</summary>
    public static ClipConfig Config { get; } = new()
    {
        ProjectionWidth = 512,
        Vision = new TransformerConfig { Width = 768, MlpWidth = 3072, Layers = 12, Heads = 12 },
        ImageSize = 224,
        PatchSize = 32,
        Text = new TransformerConfig { Width = 64, MlpWidth = 64, Layers = 1, Heads = 1 },
        VocabularySize = 16,
        ContextLength = 8,
        EndToken = 15,
    };

    /// <summary>Multiplications and additions that the vision tower's matrix products need for one image.</summary>
    public static double FlopsPerImage
    {
        get
        {
            TransformerConfig vision = Config.Vision;
            double tokens = Config.VisionTokens, width = vision.Width;
            double block = (tokens * width * ((4 * width) + (2 * vision.MlpWidth))) + (2 * tokens * tokens * width);
            double patches = (tokens - 1) * width * 3 * Config.PatchSize * Config.PatchSize;
            return 2 * ((vision.Layers * block) + patches + (width * Config.ProjectionWidth));
        }
    }

    /// <summary>Makes the model; gains and biases are random too, so that an export that loses one shows.</summary>
    public static ClipModel Create()
    {
        var random = new RandomGenerator(Seed);
        var model = ClipModel.Create(Config, random);
        foreach (var (_, values) in model.NamedTensors.Where(t => t.Values.Rank == 1))
            foreach (ref float value in values.Span) value += 0.1f * (float)random.NextNormal();
        return model;
    }

    /// <summary>Images as a preprocessing would hand them over: about standard normal.</summary>
    public static Tensor Pixels(int batch) => Tensor.Normal(new RandomGenerator(Seed + 1), 1, batch, 3, Config.ImageSize, Config.ImageSize);
}
