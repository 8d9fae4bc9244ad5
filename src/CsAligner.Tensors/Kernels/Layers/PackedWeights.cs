using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// The weights [N, K] of a linear layer in the order in which tiles read them: made once, for inference, where the same
/// weights meet many inputs and turning them again for each would cost more than a small batch itself. A copy: it does not
/// follow the weights when they change.
/// </summary>
internal sealed unsafe class PackedWeights
{
    // One cache line more than needed: panels a multiple of 4096 bytes apart would share few sets of the caches.
    private const int Gap = 16;

    private readonly FloatBuffer _memory;
    private readonly nint _panelSize;

    /// <summary>Packs for the SIMD path that is set now.</summary>
    /// <param name="weights">N rows of K.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K, at least 1.</param>
    public PackedWeights(float* weights, int outputs, int inputs)
    {
        (Outputs, Inputs, Path) = (outputs, inputs, Simd.Path);
        Kernel = LinearKernel.For(Path);
        int columns = Kernel.Columns;
        Panels = Blocks.Count(outputs, columns);
        _panelSize = ((nint)columns * inputs) + Gap;
        _memory = new FloatBuffer(checked((int)(Panels * _panelSize)));
        bool fastTranspose = GemmKernel.For(Path).HasFastTranspose;
        Workers.For(Panels, panel => GemmPacking.PackTransposed(
            inputs, Math.Min(columns, outputs - (panel * columns)), columns, weights + ((nint)panel * columns * inputs), 1, inputs,
            At(panel, 0), fastTranspose));
    }

    /// <summary>N, the columns of the product.</summary>
    public int Outputs { get; }

    /// <summary>K, the depth of the product.</summary>
    public int Inputs { get; }

    /// <summary>The SIMD path that the panels are cut for.</summary>
    public SimdPath Path { get; }

    /// <summary>What multiplies them.</summary>
    public LinearKernel Kernel { get; }

    /// <summary>How many panels of <see cref="LinearKernel.Columns"/> outputs there are; the last is filled up with zeros.</summary>
    public int Panels { get; }

    /// <summary>Packs rows of a tensor [N, K].</summary>
    public static PackedWeights Of(Tensor weights, int first, int outputs) =>
        new(weights.Pointer + ((nint)first * weights.Width), outputs, weights.Width);

    /// <summary>Where a panel is to be read from a depth on; outputs at one depth lie side by side.</summary>
    public float* At(int panel, int depth) => _memory.Pointer + (panel * _panelSize) + ((nint)depth * Kernel.Columns);
}
