using CsAligner.Tensors;

namespace CsAligner.Generation.Diffusion;

/// <summary>The velocity of samples on their way from noise to data.</summary>
/// <param name="samples">z, [B, ...].</param>
/// <param name="time">t, the same for all; 0 up to but not including 1.</param>
/// <param name="velocity">Filled with dz / dt; as z.</param>
public delegate void VelocityField(Tensor samples, float time, Tensor velocity);
