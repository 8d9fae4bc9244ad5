namespace CsAligner.Reports.Drawing;

/// <summary>The rectangle of a drawing that the data fills, in the drawing's pixels.</summary>
internal sealed record PlotArea(double Left, double Top, double Right, double Bottom);
