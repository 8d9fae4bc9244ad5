using System.Text.Json;
using System.Text.Json.Serialization;
using CsAligner.Generation.Decoders;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Generation.Training;

/// <summary>
/// Everything that decides what the training of a decoder computes: one JSON file in recipes/, snake_case keys, none other allowed.
/// Optional keys have setters, because generated JSON code cannot leave an init-only property at its default.
/// </summary>
public sealed record DecoderRecipe
{
    // Far beyond any run, and steps can still be counted.
    private const long MostSamples = 1_000_000_000_000;

    // Relates to the pictures of a step.
    private const long MostValues = 1 << 30;

    /// <summary>What <see cref="Kind"/> says.</summary>
    public const string KindName = "decoder";

    /// <summary>The kind of model that the recipe trains; <see cref="KindName"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The model's name, used in its card.</summary>
    public required string Name { get; init; }

    /// <summary>Seeds the weights, the order, the noise and the times.</summary>
    public ulong Seed { get; set; }

    /// <summary>The side of the pictures in pixels, 8 to 512; a multiple of <see cref="PatchSize"/>.</summary>
    public int ImageSize { get; set; } = 64;

    /// <summary>The side of a patch in pixels.</summary>
    public int PatchSize { get; set; } = 8;

    /// <summary>Width of the transformer, a multiple of <see cref="Heads"/>; its MLPs are four times as wide.</summary>
    public int Width { get; set; } = 192;

    /// <summary>Blocks of the transformer.</summary>
    public int Layers { get; set; } = 6;

    /// <summary>Attention heads of each block.</summary>
    public int Heads { get; set; } = 3;

    /// <summary>Pictures in a step, 1 to 65536.</summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>Pictures shown in the whole run, 1 to 10^12. A run may be resumed with another number.</summary>
    public required long Samples { get; set; }

    /// <summary>Pictures over which the learning rate rises, 0 or more.</summary>
    public long WarmupSamples { get; set; } = 10_000;

    /// <summary>
    /// Pictures at the end over which the learning rate falls to 0 along a straight line, 0 or more; before that it stays at its peak.
    /// </summary>
    public long DecaySamples { get; set; }

    /// <summary>The peak learning rate, above 0 and at most 1.</summary>
    public double LearningRate { get; set; } = 6e-4;

    /// <summary>AdamW's decay of the second moment, 0 up to 1.</summary>
    public double Beta2 { get; set; } = 0.98;

    /// <summary>AdamW's weight decay, 0 to 10.</summary>
    public double WeightDecay { get; set; }

    /// <summary>Gradients are clipped together to this norm, above 0.</summary>
    public double MaxGradNorm { get; set; } = 1;

    /// <summary>
    /// Decays of the averages of the weights that are kept, each 0 up to 1; the first one is previewed and published.
    /// </summary>
    public IReadOnlyList<double> EmaDecays { get; set; } = [0.9995];

    /// <summary>The chance that a picture is shown without its condition, 0 to 1: what guidance needs.</summary>
    public double ConditionDropout { get; set; } = 0.1;

    /// <summary>Mean of the logit of the times, -10 to 10: below 0 there is more noise than picture.</summary>
    public double TimeMean { get; set; } = -0.8;

    /// <summary>Deviation of the logit of the times, above 0 and at most 10.</summary>
    public double TimeDeviation { get; set; } = 0.8;

    /// <summary>How often an epoch shows a picture that has colours, 1 to 100: they are few among icons, and harder.</summary>
    public int ColouredRepeats { get; set; } = 1;

    /// <summary>Pictures between two lines of progress.jsonl with their sheet, 1 or more.</summary>
    public long PreviewSamples { get; set; } = 50_000;

    /// <summary>Guidance of the previews, 0 to 20.</summary>
    public double PreviewGuidance { get; set; } = 2;

    /// <summary>Steps in the whole run.</summary>
    [JsonIgnore]
    public long Steps => (Samples + BatchSize - 1) / BatchSize;

    /// <summary>Reads and checks a recipe.</summary>
    /// <param name="path">A JSON file.</param>
    /// <exception cref="InputException">
    /// The file is missing, is not JSON, has an unknown key, lacks one, or a value is out of its range.
    /// </exception>
    public static DecoderRecipe Read(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such recipe; recipes/ has those of the published models.");
        DecoderRecipe recipe = StrictJson.Read(path, DecoderRecipeJson.Default.DecoderRecipe);
        recipe.Validate(path);
        return recipe;
    }

    /// <summary>The recipe as JSON, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DecoderRecipeJson.Default.DecoderRecipe);

    /// <summary>The decoder that the recipe describes.</summary>
    /// <param name="conditionSize">Width of the embeddings.</param>
    public DecoderConfig ToConfig(int conditionSize) => new()
    {
        ImageSize = ImageSize,
        PatchSize = PatchSize,
        HiddenSize = Width,
        IntermediateSize = 4 * Width,
        NumHiddenLayers = Layers,
        NumAttentionHeads = Heads,
        ConditionSize = conditionSize,
    };

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">From 0.</param>
    public double LearningRateAt(long step)
    {
        double shown = (double)(step + 1) * BatchSize, left = Samples - ((double)step * BatchSize);
        double rise = WarmupSamples == 0 ? 1 : Math.Min(1, shown / WarmupSamples),
            fall = DecaySamples == 0 ? 1 : Math.Clamp(left / DecaySamples, 0, 1);
        return LearningRate * Math.Min(rise, fall);
    }

    /// <summary>The settings that a checkpoint must match: all of the recipe except its length.</summary>
    internal string ToIdentity() => (this with { Samples = 0 }).ToJson();

    private void Validate(string path)
    {
        Check(Kind == KindName, "kind", $"\"{KindName}\"");
        Check(Name is not null, "name", "a text");
        Check(ImageSize is >= 8 and <= 512, "image_size", "8 to 512");
        if (ToConfig(1).Problem() is { } problem)
            throw new InputException(
                $"{path}: {problem}; in a recipe, the key width means hidden_size, "
                + "layers means num_hidden_layers, heads means num_attention_heads.");
        Check(BatchSize is >= 1 and <= 65536, "batch_size", "1 to 65536");
        Check(
            (long)BatchSize * 3 * ImageSize * ImageSize <= MostValues,
            "batch_size",
            $"at most {MostValues / (3 * ImageSize * ImageSize)} for pictures of {ImageSize} x {ImageSize}");
        Check(Samples is >= 1 and <= MostSamples, "samples", $"1 to {MostSamples}");
        Check(WarmupSamples >= 0, "warmup_samples", "0 or more");
        Check(DecaySamples >= 0, "decay_samples", "0 or more");
        Check(LearningRate is > 0 and <= 1, "learning_rate", "above 0 and at most 1");
        Check(Beta2 is >= 0 and < 1, "beta2", "0 up to 1");
        Check(WeightDecay is >= 0 and <= 10, "weight_decay", "0 to 10");
        Check(MaxGradNorm > 0 && double.IsFinite(MaxGradNorm), "max_grad_norm", "a number above 0");
        Check(EmaDecays is { Count: > 0 } && EmaDecays.All(d => d is >= 0 and < 1), "ema_decays", "one number or more, each 0 up to 1");
        Check(ConditionDropout is >= 0 and <= 1, "condition_dropout", "0 to 1");
        Check(TimeMean is >= -10 and <= 10, "time_mean", "-10 to 10");
        Check(TimeDeviation is > 0 and <= 10, "time_deviation", "above 0 and at most 10");
        Check(ColouredRepeats is >= 1 and <= 100, "coloured_repeats", "1 to 100");
        Check(PreviewSamples >= 1, "preview_samples", "1 or more");
        Check(PreviewGuidance is >= 0 and <= 20, "preview_guidance", "0 to 20");

        void Check(bool valid, string key, string range)
        {
            if (!valid) throw new InputException($"{path}: \"{key}\" is out of range; expected {range}.");
        }
    }
}
