"""What the networks are trained towards: one file for each kind of loss, behind :class:`Objective`."""

from myoshu.training.objectives.objective import Loss, Objective, Placement

__all__ = ["Loss", "Objective", "Placement"]
