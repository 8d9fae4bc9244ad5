using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Embedding;

/// <summary>How a data set is embedded.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>The default number of samples in a shard: the most work that a killed run repeats.</summary>
    public const int DefaultShardRows = 16_384;

    /// <summary>Whether the features of patches and words are stored too.</summary>
    public bool Tokens { get; init; }

    /// <summary>The type of the features in the files, Float16 or Float32. Tokens are always Float16.</summary>
    public ElementType Type { get; init; } = ElementType.Float16;

    /// <summary>Images or texts computed at a time; null lets the model choose.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Threads that read and decode images while others are computed, at least 1. Features do not depend on it.</summary>
    public int DecodeThreads { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Samples of a list in a shard, at least 1. Each tar shard is one shard.</summary>
    public int ShardRows { get; init; } = DefaultShardRows;

    /// <summary>How transparency is handled.</summary>
    public Transparency Transparency { get; init; } = Transparency.White;

    /// <summary>How many bad samples are borne.</summary>
    public BadSampleLimit MaxBad { get; init; } = BadSampleLimit.Default;

    /// <summary>Samples that are left out as bad ones, by <see cref="SampleEntry.Id"/>: those that another run could not use
    /// (<see cref="BadSamples.ReadLog"/>).</summary>
    public IReadOnlySet<string> Skipped { get; init; } = new HashSet<string>();
}
