namespace CsAligner.Studies.Toy;

/// <summary>A quantity as it was estimated from a sample, and its closed form.</summary>
internal sealed record ToyValue(double Estimate, double Exact);
