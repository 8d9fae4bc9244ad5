using System.Text.Json;

namespace CsAligner.Evaluation;

/// <summary>What <c>csalign evaluate</c> prints: retrieval both ways, a bound on the mutual information, and the distributions.</summary>
/// <param name="ImageToText">Images ask, texts answer.</param>
/// <param name="TextToImage">Texts ask, images answer.</param>
/// <param name="Mixed">One index of both: what each side's queries find there.</param>
/// <param name="MutualInformationLowerBound">ln N - InfoNCE in nats at <paramref name="Temperature"/>.</param>
/// <param name="Temperature">tau of that bound.</param>
/// <param name="Distributions">Everything that <c>measure</c> prints; x are the images.</param>
public sealed record AlignmentMeasures(
    RetrievalMeasures ImageToText,
    RetrievalMeasures TextToImage,
    MixedMeasures Mixed,
    double MutualInformationLowerBound,
    double Temperature,
    DistributionMeasures Distributions)
{
    /// <summary>The protocol that retrieval and the bound were measured by; null if all rows were candidates.</summary>
    public RetrievalProtocol? Protocol { get; init; }

    /// <summary>The measures of each fold of the protocol; retrieval and the bound are their means.</summary>
    public IReadOnlyList<FoldMeasures> Folds { get; init; } = [];

    /// <summary>Mean of the two R@1.</summary>
    public double MeanRecallAt1 => 0.5 * (ImageToText.RecallAt1 + TextToImage.RecallAt1);

    /// <summary>Writes the contract's keys as one object.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        WriteProperties(writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes the contract's keys into an object that is open.</summary>
    public void WriteProperties(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        new FoldMeasures(ImageToText, TextToImage, Mixed, MutualInformationLowerBound).WriteProperties(writer);
        writer.WriteNumber("temperature", Temperature);
        Distributions.WriteProperties(writer);
        if (Protocol is null) return;
        writer.WriteString("protocol", Protocol.Name);
        writer.WriteStartArray("folds");
        foreach (var fold in Folds) fold.WriteJson(writer);
        writer.WriteEndArray();
    }
}
