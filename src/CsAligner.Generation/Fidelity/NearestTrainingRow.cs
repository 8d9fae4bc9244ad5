namespace CsAligner.Generation.Fidelity;

/// <summary>The training row that a row is most like.</summary>
/// <param name="Row">Its number, from 0; of equal ones the lowest.</param>
/// <param name="Cosine">-1 to 1, exact to 1e-7; 1 for a copy.</param>
public readonly record struct NearestTrainingRow(int Row, double Cosine);
