using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Arrays;

namespace CsAligner.Generation.Diffusion;

/// <summary>
/// Standard normal noise, each picture's from its own generator, so it does not depend on the other pictures of a batch.
/// </summary>
public static class PictureNoise
{
    /// <summary>Fills pictures with noise.</summary>
    /// <param name="noise">[B, ...].</param>
    /// <param name="generators">B generators; each is moved on.</param>
    /// <exception cref="ArgumentException">There are not as many generators as pictures.</exception>
    public static void Fill(Tensor noise, IReadOnlyList<RandomGenerator> generators)
    {
        ArgumentNullException.ThrowIfNull(noise);
        ArgumentNullException.ThrowIfNull(generators);
        if (noise.Rank == 0 || noise.Shape[0] != generators.Count)
            throw new ArgumentException(
                $"{generators.Count} generators were given for a batch of shape [{string.Join(", ", noise.Shape.ToArray())}].",
                nameof(generators));
        NormalNoise.FillRows(noise, [.. generators]);
    }
}
