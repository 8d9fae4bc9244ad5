using CsAligner.Adapters;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Starts;
using CsAligner.Tensors;
using static CsAligner.Training.AlignmentOptionKinds;

namespace CsAligner.Training;

/// <summary>
/// All options of an alignment, each declared once. To add one: a property of <see cref="AlignmentOptions"/>, its declaration here, and
/// what uses it.
/// </summary>
public static class AlignmentOptionList
{
    /// <summary>All of them, in the order of help and JSON. An option that needs another one comes behind it.</summary>
    public static IReadOnlyList<AlignmentOption> All { get; } =
    [
        Parsed("objective", nameof(AlignmentOptions.Objective),
            "Choose what is minimised; raw, mean-shift, barycentre and regression train nothing",
            "KIND", AlignmentObjective.Expected,
            ["raw", "mean-shift", "barycentre", "cs+infonce", .. ObjectiveTerms.All.Select(term => term.Name)],
            (o, text) => AlignmentObjective.Parse(text, o.Objective.Terms), o => o.Objective, (o, v) => o with { Objective = v }),
        Choice("train", nameof(AlignmentOptions.Train),
            "Choose the sides that get an adapter; with text, image indexes stay valid",
            [("both", TrainedSide.Both), ("text", TrainedSide.Text), ("image", TrainedSide.Image)],
            o => o.Train, (o, v) => o with { Train = v }),
        Parsed("adapter", Of(nameof(AdapterOptions.Kind)),
            "Choose the kind of adapter",
            "KIND", string.Join(", ", AdapterKinds.BuiltIn.Names), AdapterKinds.BuiltIn.Names,
            (o, text) => o.Adapter.Kinds[text].Name, o => o.Adapter.Kind, (o, v) => o with { Adapter = o.Adapter with { Kind = v } }),
        OptionalCount("adapter_size", Of(nameof(AdapterOptions.Size)),
            "Set the rank of low-rank, by default 256, or the hidden width of others, by default 2 D",
            AdapterOptions.MostSize, o => o.Adapter.Size, (o, v) => o with { Adapter = o.Adapter with { Size = v } }),
        OptionalCount("adapter_layers", Of(nameof(AdapterOptions.Layers)),
            "Set the blocks of stack, by default 4, or of transformer, by default 2",
            AdapterOptions.MostLayers, o => o.Adapter.Layers, (o, v) => o with { Adapter = o.Adapter with { Layers = v } },
            isWritten: o => o.Adapter.Layers != null),
        Choice("start", nameof(AlignmentOptions.Start),
            "Start frozen, without means, on the barycentre, by matching unpaired rows, or by regression",
            [("identity", AlignmentStart.Identity), ("mean-shift", AlignmentStart.MeanShift), ("barycentre", AlignmentStart.Barycentre),
                ("matching", AlignmentStart.Matching), ("regression", AlignmentStart.Regression)],
            o => o.Start, (o, v) => o with { Start = v }),
        Parsed("bandwidth", nameof(AlignmentOptions.Bandwidth),
            "Set the kernel's sigma; within*F is F times the spread within the modalities",
            "F|median|within*F", "a number above 0, median or within*F", ["median", "within*0.35"],
            (_, text) => BandwidthRule.Parse(text), o => o.Bandwidth, (o, v) => o with { Bandwidth = v },
            isChoosable: true, usedBy: HasKernel),
        Numbers("bandwidth_factors", nameof(AlignmentOptions.BandwidthFactors),
            "Average D_CS (and MMD) over these multiples of the bandwidth, such as 0.5 1 2",
            16, o => o.BandwidthFactors, (o, v) => o with { BandwidthFactors = v },
            isWritten: o => o.BandwidthFactors.Count > 0, usedBy: HasKernel),
        Choice("estimator", nameof(AlignmentOptions.Estimator),
            "Take D_CS over all pairs of rows, or from landmarks in time linear in the batch",
            [("exact", false), ("nystrom", true)],
            o => o.Estimator != null, (o, v) => o with { Estimator = v ? o.Estimator ?? new() : null },
            isWritten: o => o.Estimator != null),
        Count("features", $"{nameof(AlignmentOptions.Estimator)}.{nameof(NystromEstimator.Features)}",
            "Set the landmark rows of the nystrom estimator",
            NystromEstimator.FewestFeatures, NystromEstimator.MostFeatures,
            o => o.Estimator?.Features ?? NystromEstimator.DefaultFeatures,
            (o, v) => o.Estimator is { } estimator ? o with { Estimator = estimator with { Features = v } } : throw NoLandmarks(),
            isWritten: o => o.Estimator != null),
        Number("token_weight", nameof(AlignmentOptions.TokenWeight),
            "Weigh D_CS between the tokens of each pair; above 0 it needs tokens of both sides",
            0, 1000, o => o.TokenWeight, (o, v) => o with { TokenWeight = v }, isWritten: o => o.TokenWeight > 0),
        OptionalNumber("similarity_weight", nameof(AlignmentOptions.SimilarityWeight),
            "Weigh the similarities that are kept from the start; by default by the share of rows without pairs",
            1000, o => o.SimilarityWeight, (o, v) => o with { SimilarityWeight = v },
            usedBy: o => o.Objective.Terms.Contains(ObjectiveTerms.Similarity)),
        Number("lambda", nameof(AlignmentOptions.Lambda),
            "Weigh InfoNCE or SigLIP beside other terms",
            0, 1000, o => o.Lambda, (o, v) => o with { Lambda = v },
            isChoosable: true, usedBy: o => o.Objective.Terms.Any(term => o.Objective.Weight(term, 0) == 0)),
        Number("temperature", nameof(AlignmentOptions.Temperature),
            "Set InfoNCE's temperature tau: fixed, or the start where it is learned",
            0.01, 10, o => o.Temperature, (o, v) => o with { Temperature = v }, usedBy: Contrasts),
        Switch("learn_temperature", nameof(AlignmentOptions.LearnTemperature),
            "Learn tau, starting at the temperature",
            o => o.LearnTemperature, (o, v) => o with { LearnTemperature = v }, usedBy: Contrasts),
        OptionalCount("epochs", nameof(AlignmentOptions.Epochs),
            $"Set the passes over the pairs; by default {AlignmentOptions.DefaultSteps} steps, or one to ten of few pairs",
            1_000_000, o => o.Epochs, (o, v) => o with { Epochs = v }),
        Count("batch_size", nameof(AlignmentOptions.BatchSize),
            "Limit the pairs in a step",
            2, 1 << 20, o => o.BatchSize, (o, v) => o with { BatchSize = v }),
        Number("unpaired_ratio", nameof(AlignmentOptions.UnpairedRatio),
            "Limit the unpaired rows of a side in a step to this multiple of its pairs",
            0.01, 1000, o => o.UnpairedRatio, (o, v) => o with { UnpairedRatio = v }, orNone: true),
        Switch("all_captions", nameof(AlignmentOptions.AllCaptions),
            "Use all texts of an image in each step, each a positive, instead of one drawn anew",
            o => o.AllCaptions, (o, v) => o with { AllCaptions = v }, isWritten: o => o.AllCaptions),
        OptionalCount("chunk_size", nameof(AlignmentOptions.ChunkSize),
            "Limit the rows that go through an adapter at once, by gradient caching; by default all",
            int.MaxValue, o => o.ChunkSize, (o, v) => o with { ChunkSize = v }, isWritten: o => o.ChunkSize != null),
        Number("lr", nameof(AlignmentOptions.LearningRate),
            "Set AdamW's peak learning rate",
            0, 1, o => o.LearningRate, (o, v) => o with { LearningRate = v }, leastIncluded: false),
        Number("weight_decay", nameof(AlignmentOptions.WeightDecay),
            "Set AdamW's decoupled weight decay",
            0, 10, o => o.WeightDecay, (o, v) => o with { WeightDecay = v }),
        Number("warmup", nameof(AlignmentOptions.Warmup),
            "Raise the learning rate over this share of the steps; then it falls along half a cosine",
            0, 1, o => o.Warmup, (o, v) => o with { Warmup = v }),
        Number("final_lr_share", nameof(AlignmentOptions.FinalShare),
            "End at this share of the peak learning rate; 1 keeps it constant after the warm-up",
            0, 1, o => o.FinalShare, (o, v) => o with { FinalShare = v }),
        Number("max_grad_norm", nameof(AlignmentOptions.MaxGradNorm),
            "Clip gradients together to this norm; none leaves them as they are",
            0, double.PositiveInfinity, o => o.MaxGradNorm, (o, v) => o with { MaxGradNorm = v }, leastIncluded: false, orNone: true),
        Number("interpolation", nameof(AlignmentOptions.Interpolation),
            "Keep the weights this far on the way from the start's to the trained ones",
            0, 1, o => o.Interpolation, (o, v) => o with { Interpolation = v }, leastIncluded: false),
        Number("val_fraction", nameof(AlignmentOptions.ValidationFraction),
            "Hold out this share of the pairs; the best epoch on them is kept",
            0, 0.5, o => o.ValidationFraction, (o, v) => o with { ValidationFraction = v }),
        Seed("seed", nameof(AlignmentOptions.Seed),
            "Seed everything random",
            o => o.Seed, (o, v) => o with { Seed = v }),
    ];

    /// <summary>The option of a key.</summary>
    /// <param name="key">Its name in JSON.</param>
    /// <exception cref="InputException">There is none of it.</exception>
    public static AlignmentOption Get(string key)
    {
        foreach (var option in All)
            if (option.Key == key) return option;
        string[] known = [.. All.Select(option => option.Key)];
        throw new InputException($"there is no option \"{key}\"; known are {string.Join(", ", known)}{Suggestion.End(key, known)}");
    }

    private static string Of(string property) => $"{nameof(AlignmentOptions.Adapter)}.{property}";

    private static bool HasKernel(AlignmentOptions options) =>
        options.TokenWeight > 0 || options.Objective.Terms.Any(term => term.NeedsBandwidth);

    private static bool Contrasts(AlignmentOptions options) => options.Objective.Terms.Any(term => term.NeedsLogitScale);

    private static AlignmentOptionException NoLandmarks() =>
        new($"{Get("features")} is for {Get("estimator")} nystrom: give that, or leave {Get("features")} out");
}
