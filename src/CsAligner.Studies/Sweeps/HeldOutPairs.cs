using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Sweeps;

/// <summary>What a baseline's setting is chosen on.</summary>
/// <param name="Data">What it is fitted to for this.</param>
/// <param name="Images">[N, D] images that it is judged on, none of the test.</param>
/// <param name="Texts">[N, E], row i the partner of row i.</param>
internal sealed record HeldOutPairs(AlignmentData Data, Tensor Images, Tensor Texts);
