namespace CsAligner.Server.Pages;

/// <summary>A file of the page.</summary>
/// <param name="Bytes">What is in it.</param>
/// <param name="MediaType">What it is.</param>
/// <param name="Tag">Changes when it does.</param>
internal sealed record PageFile(byte[] Bytes, string MediaType, string Tag);
