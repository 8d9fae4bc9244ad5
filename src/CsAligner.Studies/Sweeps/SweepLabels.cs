using CsAligner.Evaluation;

namespace CsAligner.Studies.Sweeps;

/// <summary>What of a test's labels the columns of a sweep tell; all NaN where there are none.</summary>
internal sealed record SweepLabels
{
    /// <summary>The columns of results.csv.</summary>
    public static IReadOnlyList<(string Name, Func<SweepLabels, double> Value)> Columns { get; } =
    [
        ("v_measure", l => l.VMeasure), ("adjusted_rand_index", l => l.AdjustedRandIndex),
        ("label_text_to_image_accuracy", l => l.TextToImage), ("label_image_to_text_accuracy", l => l.ImageToText),
        ("label_image_accuracy", l => l.Images), ("label_text_accuracy", l => l.Texts),
        ("label_auroc_one_threshold", l => l.OneThreshold), ("label_auroc_threshold_each", l => l.ThresholdEach),
    ];

    /// <summary>Of a test without labels.</summary>
    public static SweepLabels None { get; } = new();

    public double VMeasure { get; init; } = double.NaN;

    public double AdjustedRandIndex { get; init; } = double.NaN;

    /// <summary>Accuracy on images of a classifier that was trained on texts.</summary>
    public double TextToImage { get; init; } = double.NaN;

    public double ImageToText { get; init; } = double.NaN;

    public double Images { get; init; } = double.NaN;

    public double Texts { get; init; } = double.NaN;

    public double OneThreshold { get; init; } = double.NaN;

    public double ThresholdEach { get; init; } = double.NaN;

    public static SweepLabels Of(LabelMeasures measures) => new()
    {
        VMeasure = measures.Clusters.VMeasure,
        AdjustedRandIndex = measures.Clusters.AdjustedRandIndex,
        TextToImage = measures.TextToImageAccuracy,
        ImageToText = measures.ImageToTextAccuracy,
        Images = measures.ImageAccuracy,
        Texts = measures.TextAccuracy,
        OneThreshold = measures.Thresholds.OneThreshold ?? double.NaN,
        ThresholdEach = measures.Thresholds.ThresholdEach ?? double.NaN,
    };

    /// <summary>From the columns of results.csv.</summary>
    /// <param name="column">The value of a column; NaN if the file has none.</param>
    public static SweepLabels Read(Func<string, double> column)
    {
        double Of(int number) => column(Columns[number].Name);
        return new SweepLabels
        {
            VMeasure = Of(0),
            AdjustedRandIndex = Of(1),
            TextToImage = Of(2),
            ImageToText = Of(3),
            Images = Of(4),
            Texts = Of(5),
            OneThreshold = Of(6),
            ThresholdEach = Of(7),
        };
    }
}
