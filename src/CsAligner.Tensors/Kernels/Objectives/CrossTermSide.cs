using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>One of the two sets that a cross term compares.</summary>
/// <param name="rows">Its rows.</param>
/// <param name="gradient">What the gradient is added to; null for none.</param>
/// <param name="self">The set's self term, whose gradient is finished here too.</param>
/// <param name="panels">The rows packed by the self term, if they were kept.</param>
internal readonly unsafe struct CrossTermSide(CentredRows rows, float* gradient, SelfTermResult self, RowPanels? panels = null)
{
    /// <summary>No gradient.</summary>
    public CrossTermSide(CentredRows rows)
        : this(rows, null, SelfTermResult.None)
    {
    }

    public CentredRows Rows => rows;

    public float* Gradient => gradient;

    public SelfTermResult Self => self;

    public RowPanels? Panels => panels;
}
