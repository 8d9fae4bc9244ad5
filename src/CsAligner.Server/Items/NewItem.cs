using CsAligner.Search.Items;

namespace CsAligner.Server.Items;

/// <summary>An item that a request brings.</summary>
/// <param name="Item">The item.</param>
/// <param name="Upload">The file to keep at its path; null if it brought none, or none is kept.</param>
internal sealed record NewItem(SearchItem Item, byte[]? Upload);
