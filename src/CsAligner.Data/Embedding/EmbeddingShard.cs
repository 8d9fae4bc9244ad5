using CsAligner.Data.Datasets.Samples;

namespace CsAligner.Data.Embedding;

/// <summary>A piece of the work: neighbouring parts of a data set that become one shard of the feature set.</summary>
/// <param name="Name">Its folder while others are made: <c>samples-000003</c>.</param>
/// <param name="Number">Its number among those of its kind, and of its files.</param>
/// <param name="Source">The data set.</param>
/// <param name="WithImages">Whether images are embedded.</param>
/// <param name="WithTexts">Whether captions are embedded.</param>
/// <param name="Checked">The parts that a sample must have, embedded or not, so that image and text encoders skip the same samples.</param>
/// <param name="WithMetadata">Whether the metadata are of these samples.</param>
/// <param name="FirstPart">Its first part.</param>
/// <param name="Parts">How many parts it has.</param>
public sealed record EmbeddingShard(string Name, int Number, SampleSource Source, bool WithImages, bool WithTexts, SampleParts Checked,
    bool WithMetadata, int FirstPart, int Parts)
{
    /// <summary>How many samples it has, as far as is known.</summary>
    public long Count => Source.Parts == 0 ? 0 : (long)Math.Round((double)Source.Count * Parts / Source.Parts);

    /// <summary>The samples, in order.</summary>
    public IEnumerable<SampleEntry> Read() => Enumerable.Range(FirstPart, Parts).SelectMany(Source.ReadPart);
}
