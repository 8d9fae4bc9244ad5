namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>The numbers of one step of AdamW, as <see cref="AdamWKernel.Step"/> uses them.</summary>
internal readonly record struct AdamWUpdate(
    float Scale, float Beta1, float Beta2, float Decay, float Rate, float Correction, float Epsilon);
