using CsAligner.Evaluation;

namespace CsAligner.Studies.Sweeps;

/// <summary>The result of one run on one test.</summary>
internal sealed record SweepResult
{
    /// <summary>The columns of results.csv behind cell, seed, test and written_by. Files of earlier versions lack
    /// <see cref="LaterColumns"/>.</summary>
    public static IReadOnlyList<(string Name, Func<SweepResult, double> Value)> Columns { get; } =
    [
        ("cs_divergence_off_diagonal", r => r.Divergence), ("image_to_text_r1", r => r.ImageToText),
        ("text_to_image_r1", r => r.TextToImage),
        ("mean_r1", r => r.MeanRecall), ("uniformity_x", r => r.UniformityX), ("uniformity_y", r => r.UniformityY),
        ("centroid_gap", r => r.CentroidGap),
        ("bandwidth", r => r.Bandwidth), ("lambda", r => r.Lambda), ("parameters", r => r.Parameters),
        ("mixed_text_query_r10", r => r.MixedText10), ("mixed_image_query_r10", r => r.MixedImage10),
        ("baseline_setting", r => r.Setting), ("seconds", r => r.Seconds),
        ("peak_mib", r => r.PeakMebibytes),
        ("image_to_text_r10", r => r.ImageToText10), ("text_to_image_r10", r => r.TextToImage10),
        .. SweepLabels.Columns.Select(column => (column.Name, (Func<SweepResult, double>)(r => column.Value(r.Labels)))),
        .. DrawnMeasures.Columns.Select(column => (column.Name, (Func<SweepResult, double>)(r => column.Value(r.Drawn)))),
    ];

    /// <summary>Columns that were not there from the start.</summary>
    public static IReadOnlyList<string> LaterColumns { get; } =
    [
        "mixed_text_query_r10", "mixed_image_query_r10", "baseline_setting", .. SweepLabels.Columns.Select(column => column.Name),
        .. DrawnMeasures.Columns.Select(column => column.Name),
    ];

    public required string Cell { get; init; }

    public required ulong Seed { get; init; }

    public required string Test { get; init; }

    /// <summary>The program that ran it; empty where results.csv does not say.</summary>
    public string WrittenBy { get; init; } = Tensors.Formats.WrittenBy.Program;

    /// <summary>Off the diagonal, at within*0.35 of the rows judged.</summary>
    public required double Divergence { get; init; }

    public required double ImageToText { get; init; }

    public required double TextToImage { get; init; }

    public required double ImageToText10 { get; init; }

    public required double TextToImage10 { get; init; }

    /// <summary>R@10 of text queries in one index of both modalities; NaN if an earlier version ran it.</summary>
    public double MixedText10 { get; init; } = double.NaN;

    /// <summary>The same of image queries.</summary>
    public double MixedImage10 { get; init; } = double.NaN;

    /// <summary>The setting that was chosen for a baseline, the mean over folds; NaN for what has none.</summary>
    public double Setting { get; init; } = double.NaN;

    /// <summary>What the test's labels tell.</summary>
    public SweepLabels Labels { get; init; } = SweepLabels.None;

    /// <summary>What pictures made of the test's names tell.</summary>
    public DrawnMeasures Drawn { get; init; } = DrawnMeasures.None;

    public double MeanRecall => 0.5 * (ImageToText + TextToImage);

    public required double UniformityX { get; init; }

    public required double UniformityY { get; init; }

    public required double CentroidGap { get; init; }

    /// <summary>The number of the training's bandwidth rule: sigma, or F of within*F; 1 for median.</summary>
    public required double Bandwidth { get; init; }

    public required double Lambda { get; init; }

    public required double Parameters { get; init; }

    /// <summary>Training time, including the automatic choice.</summary>
    public required double Seconds { get; init; }

    public required double PeakMebibytes { get; init; }

    public static SweepResult Of(SweepCell cell, ulong seed, string test, AlignmentMeasures measures, SweepTraining training) => new()
    {
        Cell = cell.Name,
        Seed = seed,
        Test = test,
        Divergence = measures.Distributions.CsDivergenceOffDiagonal ?? double.NaN,
        ImageToText = measures.ImageToText.RecallAt1,
        TextToImage = measures.TextToImage.RecallAt1,
        ImageToText10 = measures.ImageToText.RecallAt10,
        TextToImage10 = measures.TextToImage.RecallAt10,
        MixedText10 = measures.Mixed.TextQuery.RecallAt10,
        MixedImage10 = measures.Mixed.ImageQuery.RecallAt10,
        Setting = training.Setting,
        UniformityX = measures.Distributions.UniformityX ?? double.NaN,
        UniformityY = measures.Distributions.UniformityY ?? double.NaN,
        CentroidGap = measures.Distributions.CentroidGap,
        Bandwidth = training.Options.Bandwidth.Factor,
        Lambda = training.Options.Lambda,
        Parameters = training.Parameters,
        Seconds = training.Seconds,
        PeakMebibytes = training.PeakBytes / 1048576.0,
    };

    /// <summary>The mean of several, such as the folds of one run; seconds are added up.</summary>
    public static SweepResult Mean(IReadOnlyList<SweepResult> results)
    {
        double Of(Func<SweepResult, double> value) => results.Average(value);
        return results[0] with
        {
            Divergence = Of(r => r.Divergence),
            ImageToText = Of(r => r.ImageToText),
            TextToImage = Of(r => r.TextToImage),
            ImageToText10 = Of(r => r.ImageToText10),
            TextToImage10 = Of(r => r.TextToImage10),
            MixedText10 = Of(r => r.MixedText10),
            MixedImage10 = Of(r => r.MixedImage10),
            Setting = Of(r => r.Setting),
            UniformityX = Of(r => r.UniformityX),
            UniformityY = Of(r => r.UniformityY),
            CentroidGap = Of(r => r.CentroidGap),
            Bandwidth = Of(r => r.Bandwidth),
            Lambda = Of(r => r.Lambda),
            Seconds = results.Sum(r => r.Seconds),
            PeakMebibytes = results.Max(r => r.PeakMebibytes),
        };
    }
}
