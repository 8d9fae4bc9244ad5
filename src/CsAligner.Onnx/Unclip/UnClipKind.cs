namespace CsAligner.Onnx.Unclip;

/// <summary>The families of decoders whose pipelines are known.</summary>
public enum UnClipKind
{
    /// <summary>Kandinsky 2.2: a latent U-Net that takes the image embedding alone, and MoVQ.</summary>
    Kandinsky22,

    /// <summary>Karlo: a U-Net on pixels that also takes text states, and an optional super resolution.</summary>
    Karlo,

    /// <summary>Stable unCLIP: a latent U-Net that takes a noised image embedding with its noise level, and text states.</summary>
    StableUnClip,
}
