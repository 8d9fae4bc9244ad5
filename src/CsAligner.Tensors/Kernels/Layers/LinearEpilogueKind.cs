namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>What a linear layer does to x Wᵀ + bias while it is in the first-level cache.</summary>
internal enum LinearEpilogueKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x sigmoid(1.702 x).</summary>
    QuickGelu,

    /// <summary>x Phi(x).</summary>
    Gelu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>Adds the residual.</summary>
    AddResidual,
}
