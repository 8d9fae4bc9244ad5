namespace CsAligner.Reports.Content;

/// <summary>The result of one method on one test set with one seed. Missing values are NaN.</summary>
internal sealed record Measurement
{
    /// <summary>The method: raw, mean-shift, InfoNCE, ...</summary>
    public required string Method { get; init; }

    /// <summary>The test set: lucide, tabler, ...</summary>
    public required string TestSet { get; init; }

    /// <summary>Pairs in the test set.</summary>
    public required int Pairs { get; init; }

    /// <summary>The seed of the run.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Off-diagonal D_CS at <see cref="Bandwidth"/>.</summary>
    public required double Divergence { get; init; }

    /// <summary>The sigma that the divergence was measured at.</summary>
    public required double Bandwidth { get; init; }

    /// <summary>Recall at 1, image to text, 0..1.</summary>
    public required double ImageToTextRecall1 { get; init; }

    /// <summary>Recall at 1, text to image, 0..1.</summary>
    public required double TextToImageRecall1 { get; init; }

    /// <summary>Recall at 10, image to text, 0..1.</summary>
    public required double ImageToTextRecall10 { get; init; }

    /// <summary>Recall at 10, text to image, 0..1.</summary>
    public required double TextToImageRecall10 { get; init; }

    /// <summary>Recall at 10 of text queries in one index of images and texts, 0..1.</summary>
    public required double MixedTextQueryRecall10 { get; init; }

    /// <summary>Recall at 10 of image queries in one index of images and texts, 0..1.</summary>
    public required double MixedImageQueryRecall10 { get; init; }

    /// <summary>Recall at 10, text to image, by names that the encoder was trained on, 0..1.</summary>
    public required double SeenNamesRecall10 { get; init; }

    /// <summary>Recall at 10, text to image, by names that the encoder was not trained on, 0..1.</summary>
    public required double UnseenNamesRecall10 { get; init; }

    /// <summary>Uniformity of the images; lower is more spread out.</summary>
    public required double ImageUniformity { get; init; }

    /// <summary>Uniformity of the texts.</summary>
    public required double TextUniformity { get; init; }

    /// <summary>Distance of the two centroids.</summary>
    public required double CentroidGap { get; init; }
}
