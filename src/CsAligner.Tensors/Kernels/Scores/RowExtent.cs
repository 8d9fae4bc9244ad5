namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>How far centred rows reach, by which the precision of their scores is chosen.</summary>
/// <param name="LargestSquare">The largest |x_i - centre|^2.</param>
/// <param name="LargestDot">The largest |(x_i - centre) . centre|.</param>
/// <param name="CentreSquare">|centre|^2.</param>
internal readonly record struct RowExtent(double LargestSquare, double LargestDot, double CentreSquare);
