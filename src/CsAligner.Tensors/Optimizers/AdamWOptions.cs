namespace CsAligner.Tensors.Optimizers;

/// <summary>Settings of <see cref="AdamW"/>; the learning rate comes with each step.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment, 0 up to 1.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Decay of the second moment, 0 up to 1.</summary>
    public float Beta2 { get; init; } = 0.98f;

    /// <summary>Added to the root of the second moment; greater than 0.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>
    /// Decoupled weight decay per unit of learning rate, 0 or more. It acts on tensors of two or more dimensions:
    /// gains, biases and scales are left alone, as is usual for CLIP.
    /// </summary>
    public float WeightDecay { get; init; } = 0.2f;
}
