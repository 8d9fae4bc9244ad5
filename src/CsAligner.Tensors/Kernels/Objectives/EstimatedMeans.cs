namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>Estimates of the mean kernel values within x, within y and between them, diagonals included,
/// and their standard errors.</summary>
/// <param name="SelfX">Within x.</param>
/// <param name="SelfY">Within y.</param>
/// <param name="Cross">Between x and y.</param>
/// <param name="ErrorX">Standard error of <paramref name="SelfX"/>.</param>
/// <param name="ErrorY">Standard error of <paramref name="SelfY"/>.</param>
/// <param name="ErrorCross">Standard error of <paramref name="Cross"/>.</param>
/// <param name="DivergenceError">Standard error of D_CS made of the three, whose errors are not independent.</param>
internal readonly record struct EstimatedMeans(
    double SelfX, double SelfY, double Cross, double ErrorX, double ErrorY, double ErrorCross, double DivergenceError);
