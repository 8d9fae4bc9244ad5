namespace CsAligner.Models;

/// <summary>The nonlinearity inside a transformer block. Weights fit one of them; the wrong one is a silent error,
/// so configurations name it.</summary>
public enum Activation
{
    /// <summary>x sigmoid(1.702 x): "quick_gelu", OpenAI's checkpoints.</summary>
    QuickGelu,

    /// <summary>x Phi(x): "gelu", most later checkpoints.</summary>
    Gelu,

    /// <summary>max(x, 0). No CLIP has it.</summary>
    Relu,
}
