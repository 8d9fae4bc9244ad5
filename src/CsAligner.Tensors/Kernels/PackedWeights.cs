using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// The weights [N, K] of a linear layer in the order in which tiles read them: made once, for inference, where the same
/// weights meet many inputs and turning them anew for each would cost more than a small batch itself. A copy: it does not
/// follow the weights when they change.
/// </summary>
internal sealed unsafe class PackedWeights
{
    // One cache line more than needed: panels a multiple of 4096 bytes apart would share few sets of the caches.
    private const int Gap = 16;

    private readonly FloatBuffer _panels;
    private readonly nint _panelSize;

    /// <summary>Packs for the SIMD path that is set now.</summary>
    /// <param name="weights">N rows of K.</param>
    /// <param name="outputs">N.</param>
    /// <param name="inputs">K, at least 1.</param>
    public PackedWeights(float* weights, int outputs, int inputs)
    {
        (Outputs, Inputs, Path) = (outputs, inputs, Simd.Path);
        var kernel = Kernel;
        Panels = Blocks.Count(outputs, kernel.Columns);
        _panelSize = ((nint)kernel.Columns * inputs) + Gap;
        _panels = new FloatBuffer(checked((int)(Panels * _panelSize)));
        Workers.For(Panels, panel =>
        {
            int width = WidthOf(panel);
            GemmPacking.Turn(
                inputs, width, PaddedWidthOf(panel), weights + ((nint)panel * kernel.Columns * inputs), 1, inputs, At(panel, 0), kernel.HasFastTranspose);
        });
    }

    /// <summary>Packs rows of a tensor [N, K].</summary>
    public static PackedWeights Of(Tensor weights, int first, int outputs) => new(weights.Pointer + ((nint)first * weights.Width), outputs, weights.Width);

    /// <summary>N, the columns of the product.</summary>
    public int Outputs { get; }

    /// <summary>K, the depth of the product.</summary>
    public int Inputs { get; }

    /// <summary>The SIMD path that the panels are cut for.</summary>
    public SimdPath Path { get; }

    /// <summary>How many panels there are; all but the last have <see cref="GemmKernel.Columns"/> columns.</summary>
    public int Panels { get; }

    public GemmKernel Kernel => GemmKernel.For(Path);

    /// <summary>Columns of a panel that belong to the product.</summary>
    public int WidthOf(int panel) => Math.Min(Kernel.Columns, Outputs - (panel * Kernel.Columns));

    /// <summary>Columns of a panel with those of zeros that fill up its last vector.</summary>
    public int PaddedWidthOf(int panel) => Blocks.Count(WidthOf(panel), Kernel.Lanes) * Kernel.Lanes;

    /// <summary>Where a panel is to be read from a depth on; each depth has <see cref="PaddedWidthOf"/> elements.</summary>
    public float* At(int panel, int depth) => _panels.Pointer + (panel * _panelSize) + ((nint)depth * PaddedWidthOf(panel));
}
