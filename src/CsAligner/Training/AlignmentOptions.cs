using System.Text.Json;
using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>Everything that decides what an alignment run computes from its data.</summary>
public sealed record AlignmentOptions
{
    /// <summary>What is minimised.</summary>
    public AlignmentObjective Objective { get; init; } = AlignmentObjective.CsInfoNce;

    /// <summary>Which sides train.</summary>
    public TrainedSide Train { get; init; } = TrainedSide.Both;

    /// <summary>The adapter of a side that trains.</summary>
    public AdapterOptions Adapter { get; init; } = new();

    /// <summary>The kernel's bandwidth; <c>median</c> and <c>within*F</c> are detached and renewed as the features move.</summary>
    public BandwidthRule Bandwidth { get; init; } = BandwidthRule.Within(0.4);

    /// <summary>Multiples of the bandwidth over which D_CS (and MMD) is averaged, each above 0, at most 16;
    /// none for the bandwidth alone.</summary>
    public IReadOnlyList<double> BandwidthFactors { get; init; } = [];

    /// <summary>Takes D_CS from landmarks of the batch, in time linear in its rows; null for all pairs.
    /// For batches of many thousands.</summary>
    public NystromEstimator? Estimator { get; init; }

    /// <summary>Weight of D_CS between the image tokens and the text tokens of each pair, 0 to 1000; 0 leaves tokens out.</summary>
    public double TokenWeight { get; init; }

    /// <summary>Weight of InfoNCE (or SigLIP) beside other terms, 0 to 1000.</summary>
    public double Lambda { get; init; } = 0.35;

    /// <summary>InfoNCE's temperature, 0.01 to 10: fixed, or the start where it is learned.</summary>
    public double Temperature { get; init; } = 0.05;

    /// <summary>Whether the temperature is learned (and clamped at 0.01).</summary>
    public bool LearnTemperature { get; init; }

    /// <summary>Passes over the pairs, 1 to 1,000,000.</summary>
    public int Epochs { get; init; } = 40;

    /// <summary>The most pairs in a step, 2 to 1,048,576; all at once where there are fewer.</summary>
    public int BatchSize { get; init; } = 2048;

    /// <summary>
    /// The most unpaired rows of a side to a pair in a step, 0.01 to 1000; the paper has 2. Where there are fewer,
    /// each comes once an epoch all the same; where there are more, an epoch goes over the pairs as often as it takes.
    /// </summary>
    public double UnpairedRatio { get; init; } = 2;

    /// <summary>
    /// Whether a step has all texts of its images, each a positive of its image, in place of one drawn anew. Of an image's texts the
    /// cross-entropies are averaged over texts, so that images with many count more. Not with terms of single pairs (l2, cosine, SigLIP),
    /// tokens, or a temperature that is learned.
    /// </summary>
    public bool AllCaptions { get; init; }

    /// <summary>
    /// The most rows that go through an adapter at once, 1 or more; null for all of a step. A step of more is the same to rounding, needs
    /// memory for so many rows only, and runs the adapters forward twice (gradient caching).
    /// </summary>
    public int? ChunkSize { get; init; }

    /// <summary>AdamW's peak learning rate, above 0 and at most 1.</summary>
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>AdamW's decoupled weight decay, 0 to 10.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Share of the steps over which the learning rate rises, 0 to 1; then it falls along half a cosine.</summary>
    public double Warmup { get; init; } = 0.1;

    /// <summary>The learning rate at the end as a share of its peak, 0 to 1; 1 keeps it constant after the warm-up.</summary>
    public double FinalShare { get; init; }

    /// <summary>Gradients are clipped together to this norm, above 0.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>
    /// How far the adapters that are kept lie on the line from the start's weights to the trained ones, above 0 and at most 1 (WiSE-FT,
    /// Wortsman et al. 2022). Below 1 they keep more of the frozen encoders' retrieval on data unlike the training pairs.
    /// </summary>
    public double Interpolation { get; init; } = 1;

    /// <summary>
    /// Share of the pairs that is held out, 0 to 0.5; the best epoch on them is kept (<see cref="AlignmentEpoch.ValidationObjective"/>).
    /// With 0, or where it would be fewer than 64 pairs, none is held out and the last epoch is kept.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Seeds the adapters, the order, captions and the held-out pairs.</summary>
    public ulong Seed { get; init; }

    /// <summary>Reads <c>both</c>, <c>text</c> or <c>image</c>.</summary>
    /// <exception cref="InputException">Something else.</exception>
    public static TrainedSide ParseTrain(string text) => text switch
    {
        "both" => TrainedSide.Both,
        "text" => TrainedSide.Text,
        "image" => TrainedSide.Image,
        _ => throw new InputException(
            $"train: expected both, text or image, got '{text}'{Suggestion.End(text, ["both", "text", "image"])}"),
    };

    /// <summary>Sides as <see cref="ParseTrain"/> reads them.</summary>
    public static string NameOf(TrainedSide side) => side switch
    {
        TrainedSide.Text => "text",
        TrainedSide.Image => "image",
        _ => "both",
    };

    /// <summary>Checks every range.</summary>
    /// <exception cref="InputException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Adapter.Validate();
        Check(BandwidthFactors.Count <= 16, "bandwidth-factors", "at most 16", BandwidthFactors.Count);
        foreach (double factor in BandwidthFactors)
            Check(factor > 0 && double.IsFinite(factor), "bandwidth-factors", "numbers above 0", factor);
        if (BandwidthFactors.Count > 0 && Estimator != null)
            throw new InputException("bandwidth-factors: the nystrom estimator takes one bandwidth; leave one of both out");
        Check(TokenWeight is >= 0 and <= 1000, "token-weight", "0 to 1000", TokenWeight);
        Check(Lambda is >= 0 and <= 1000, "lambda", "0 to 1000", Lambda);
        Check(Temperature is >= 0.01 and <= 10, "temperature", "0.01 to 10", Temperature);
        Check(Epochs is >= 1 and <= 1_000_000, "epochs", "1 to 1000000", Epochs);
        Check(BatchSize is >= 2 and <= 1 << 20, "batch-size", "2 to 1048576", BatchSize);
        Check(UnpairedRatio is >= 0.01 and <= 1000, "unpaired-ratio", "0.01 to 1000", UnpairedRatio);
        if (AllCaptions && Objective.Terms.Any(term => !term.SupportsAllCaptions))
        {
            string[] others = [.. ObjectiveTerms.All.Where(term => term.SupportsAllCaptions).Select(term => term.Name)];
            throw new InputException($"all-captions: the terms of {Objective} take pairs one by one; "
                + $"use {string.Join(", ", others[..^1])} and {others[^1]}, or one caption a step");
        }

        if (AllCaptions && LearnTemperature)
            throw new InputException("all-captions: the temperature is fixed there; leave --learn-temperature out");
        if (AllCaptions && TokenWeight > 0)
            throw new InputException("all-captions: tokens are compared pair by pair; use one caption a step with --token-weight");
        Check(ChunkSize is null or >= 1, "chunk-size", "1 or more", ChunkSize ?? 0);
        Check(LearningRate is > 0 and <= 1, "lr", "above 0 and at most 1", LearningRate);
        Check(WeightDecay is >= 0 and <= 10, "weight-decay", "0 to 10", WeightDecay);
        Check(Warmup is >= 0 and <= 1, "warmup", "0 to 1", Warmup);
        Check(FinalShare is >= 0 and <= 1, "final-lr-share", "0 to 1", FinalShare);
        Check(MaxGradNorm > 0, "max-grad-norm", "above 0", MaxGradNorm);
        Check(Interpolation is > 0 and <= 1, "interpolation", "above 0 and at most 1", Interpolation);
        Check(ValidationFraction is >= 0 and <= 0.5, "val-fraction", "0 to 0.5", ValidationFraction);
    }

    /// <summary>Writes the options as one object, snake_case.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("objective", Objective.ToString());
        writer.WriteString("train", NameOf(Train));
        writer.WriteString("adapter", Adapter.Kind);
        if (Adapter.Size is { } size) writer.WriteNumber("adapter_size", size);
        else writer.WriteNull("adapter_size");
        if (Adapter.Layers is { } layers) writer.WriteNumber("adapter_layers", layers);
        writer.WriteBoolean("mean_shift_start", Adapter.MeanShift);
        writer.WriteString("bandwidth", Bandwidth.ToString());
        if (BandwidthFactors.Count > 0)
        {
            writer.WriteStartArray("bandwidth_factors");
            foreach (double factor in BandwidthFactors) writer.WriteNumberValue(factor);
            writer.WriteEndArray();
        }

        if (Estimator != null)
        {
            writer.WriteString("estimator", "nystrom");
            writer.WriteNumber("features", Estimator.Features);
        }

        if (TokenWeight > 0) writer.WriteNumber("token_weight", TokenWeight);
        writer.WriteNumber("lambda", Lambda);
        writer.WriteNumber("temperature", Temperature);
        writer.WriteBoolean("learn_temperature", LearnTemperature);
        writer.WriteNumber("epochs", Epochs);
        writer.WriteNumber("batch_size", BatchSize);
        writer.WriteNumber("unpaired_ratio", UnpairedRatio);
        if (AllCaptions) writer.WriteBoolean("all_captions", true);
        if (ChunkSize is { } chunk) writer.WriteNumber("chunk_size", chunk);
        writer.WriteNumber("lr", LearningRate);
        writer.WriteNumber("weight_decay", WeightDecay);
        writer.WriteNumber("warmup", Warmup);
        writer.WriteNumber("final_lr_share", FinalShare);
        JsonNumbers.Write(writer, "max_grad_norm", MaxGradNorm);
        writer.WriteNumber("interpolation", Interpolation);
        writer.WriteNumber("val_fraction", ValidationFraction);
        writer.WriteNumber("seed", Seed);
        writer.WriteEndObject();
    }

    private static void Check(bool valid, string option, string range, double value)
    {
        if (!valid) throw new InputException($"{option}: expected {range}, got {value}");
    }
}
