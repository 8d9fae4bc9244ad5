using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Embedding;

/// <summary>How a data set is embedded.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>Samples in a shard unless another number is given: what a killed run does again, at most.</summary>
    public const int DefaultShardRows = 16_384;

    /// <summary>Whether the features of patches and words are stored too.</summary>
    public bool Tokens { get; init; }

    /// <summary>The type of the features in the files, Float16 or Float32. Tokens are always Float16.</summary>
    public ElementType Type { get; init; } = ElementType.Float16;

    /// <summary>Images or texts computed at a time; null: what suits the model.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Threads that read and decode images while others are computed, at least 1. Features do not depend on it.</summary>
    public int DecodeThreads { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Samples of a list in a shard, at least 1. Tar shards stay as they are: one there, one here.</summary>
    public int ShardRows { get; init; } = DefaultShardRows;

    /// <summary>What becomes of transparency.</summary>
    public Transparency Transparency { get; init; } = Transparency.White;

    /// <summary>How many bad samples are borne.</summary>
    public BadSampleLimit MaxBad { get; init; } = BadSampleLimit.Default;

    /// <summary>Samples that are left out as bad ones, by <see cref="SampleEntry.Id"/>: those that another run could not use
    /// (<see cref="BadSamples.ReadLog"/>).</summary>
    public IReadOnlySet<string> Skipped { get; init; } = new HashSet<string>();
}
