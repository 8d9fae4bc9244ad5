namespace CsAligner.Onnx.Unclip;

/// <summary>How <see cref="UnClipPipeline"/> makes pictures.</summary>
public sealed record UnClipOptions
{
    /// <summary>Steps from noise to picture, 1 to 1000 (from 2 with UnCLIPScheduler); null: as the folder says.</summary>
    public int? Steps { get; init; }

    /// <summary>The factor that exaggerates the embedding, 0 to 20; 1 does not, and takes half the time. Null: as the folder
    /// says.</summary>
    public double? Guidance { get; init; }

    /// <summary>The seed of the noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>Pictures made of each embedding, 1 to 10,000.</summary>
    public int Count { get; init; } = 1;
}
