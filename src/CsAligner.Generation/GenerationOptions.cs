namespace CsAligner.Generation;

/// <summary>How pictures are made.</summary>
public sealed record GenerationOptions
{
    /// <summary>Steps from noise to picture, 1 to 1000.</summary>
    public int Steps { get; init; } = 25;

    /// <summary>The factor that exaggerates the condition, 0 to 20; 1 does not.</summary>
    public double Guidance { get; init; } = 2;

    /// <summary>The seed of the noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>Pictures made of each embedding, 1 to 10,000.</summary>
    public int Count { get; init; } = 1;
}
