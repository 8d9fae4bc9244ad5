namespace CsAligner.Data.Datasets.Samples;

/// <summary>One sample of a data set, read. Parts that were not requested or are missing are empty or null.</summary>
/// <param name="Key">The key: an image's path in its folder, a WebDataset key, or a row number.</param>
public sealed record Sample(string Key)
{
    /// <summary>The shard that it comes from, where the data set has shards: the file's name.</summary>
    public string? Shard { get; init; }

    /// <summary>The image: a whole PNG, JPEG or WebP file, or the model's pixels where <see cref="IsPrepared"/>.</summary>
    public ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>Whether <see cref="Image"/> holds 8-bit interleaved RGB at the model's size, ready to use.</summary>
    public bool IsPrepared { get; init; }

    /// <summary>Its captions, in the data set's order.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];

    /// <summary>The row of its image that is stored already.</summary>
    public float[]? ImageFeatures { get; init; }

    /// <summary>The row of its text that is stored already.</summary>
    public float[]? TextFeatures { get; init; }
}
