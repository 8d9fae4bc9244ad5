namespace CsAligner.Models;

/// <summary>The sizes of a pre-norm transformer, the part that both towers share.</summary>
public sealed record TransformerConfig
{
    /// <summary>Width W of the residual stream ("hidden_size"); a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Width of the hidden layer of each MLP ("intermediate_size").</summary>
    public required int MlpWidth { get; init; }

    /// <summary>The number of blocks ("num_hidden_layers").</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads of each block ("num_attention_heads").</summary>
    public required int Heads { get; init; }

    /// <summary>The MLP's nonlinearity ("hidden_act").</summary>
    public Activation Activation { get; init; } = Activation.QuickGelu;

    /// <summary>Added to variances in layer norms ("layer_norm_eps").</summary>
    public float LayerNormEpsilon { get; init; } = 1e-5f;
}
